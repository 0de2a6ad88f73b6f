/** Tokens that are bound to a key, by two libraries of others, with nonces and without, up to a protected resource. */
import Fastify from 'fastify'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t from 'tap'
import resourceServer from '#src/resource-server/index.ts'
import { freePort } from '#src/process/free-port.ts'
import { listen } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'

const CALLBACK = 'https://client.example/callback'
const insecure = { [oauth.allowInsecureRequests]: true }

/** A resource of the issuer's, on a real socket; nonces of its own, if asked. */
async function protect(issuer: string, nonces: boolean): Promise<string> {
  const resource = `http://localhost:${await freePort()}/mcp`
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  await app.register(resourceServer, { issuer, resource, ...(nonces && { dpopNonceSecret: 'a secret of the nodes of one resource' }) })
  app.get('/mcp', { preHandler: app.requireScope() }, async (request) => request.accessToken?.extra['cnf'])
  await app.listen({ port: Number(new URL(resource).port), host: 'localhost' })
  return resource
}

for (const nonces of ['off', 'on'] as const) {
  t.test(`oauth4webapi, nonces ${nonces}: code with dpop_jkt, token, refresh, UserInfo, resource`, async (t) => {
    const { issuer } = await listen(t, { DPOP_NONCE: nonces })
    const resource = await protect(issuer, nonces === 'on')
    const url = new URL(issuer)
    const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }))
    const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true }
    const client = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(as, metadata, insecure),
    )
    const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'))
    let nonceRequests = 0
    const options = { ...insecure, DPoP, additionalParameters: { resource } }
    /** As the library asks for it: once more, with the nonce that the error brought. */
    const insist = async <T>(ask: () => Promise<T>): Promise<T> => {
      try {
        return await ask()
      } catch (error) {
        if (!oauth.isDPoPNonceError(error)) throw error
        nonceRequests++
        return ask()
      }
    }

    const verifier = oauth.generateRandomCodeVerifier()
    const request = new URL(as.authorization_endpoint!)
    request.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid profile offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(),
      resource,
    }).toString()
    const parameters = oauth.validateAuthResponse(as, client, await createPerson(issuer).authorize(request), oauth.expectNoState)
    const tokens = await insist(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, CALLBACK, verifier, options),
      ),
    )
    t.equal(tokens.token_type, 'dpop')
    const refreshed = await insist(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token!, options),
      ),
    )
    const { sub } = oauth.getValidatedIdTokenClaims(tokens)!
    const info = await insist(async () =>
      oauth.processUserInfoResponse(
        as,
        client,
        sub,
        await oauth.userInfoRequest(as, client, refreshed.access_token, { ...insecure, DPoP }),
      ),
    )
    t.match(info, { preferred_username: 'admin' })
    const cnf = await insist(async () =>
      (
        await oauth.protectedResourceRequest(refreshed.access_token, 'GET', new URL(resource), undefined, undefined, { ...insecure, DPoP })
      ).json(),
    )
    t.strictSame(cnf, { jkt: await DPoP.calculateThumbprint() })
    t.equal(nonceRequests, nonces === 'on' ? 2 : 0, 'one by the issuer, one by the resource')

    const stolen = await fetch(resource, { headers: { authorization: `Bearer ${refreshed.access_token}` } })
    t.equal(stolen.status, 401)
  })
}

t.test('openid-client: asks again by itself, and sends the proof wherever it is due', async (t) => {
  const { issuer } = await listen(t, { DPOP_NONCE: 'on' })
  const resource = await protect(issuer, true)
  const config = await openid.dynamicClientRegistration(new URL(issuer), { redirect_uris: [CALLBACK] }, undefined, {
    execute: [openid.allowInsecureRequests],
  })
  t.match(config.serverMetadata(), { dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'] })
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('EdDSA'))
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const challenge = { code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' }
  const url = openid.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'openid email offline_access', resource, ...challenge })
  const tokens = await openid.authorizationCodeGrant(
    config,
    await createPerson(issuer).authorize(url),
    { pkceCodeVerifier, idTokenExpected: true },
    undefined,
    { DPoP },
  )
  t.equal(tokens.token_type, 'dpop')
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!, undefined, { DPoP })
  t.match(await openid.fetchUserInfo(config, refreshed.access_token, tokens.claims()!.sub, { DPoP }), { sub: tokens.claims()!.sub })
  const answer = await openid.fetchProtectedResource(config, refreshed.access_token, new URL(resource), 'GET', undefined, undefined, {
    DPoP,
  })
  t.match(await answer.json(), { jkt: String })
})
