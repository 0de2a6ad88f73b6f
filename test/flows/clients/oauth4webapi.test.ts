import * as oauth from 'oauth4webapi'
import t from 'tap'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { listen } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'

const REDIRECT_URI = 'https://client.example/callback'
const RESOURCE = 'https://mcp.example.com/mcp'
const insecure = { [oauth.allowInsecureRequests]: true }

/** Discovers and registers as any strict client would. */
async function connect(issuer: string, metadata: Partial<oauth.Client> = {}) {
  const url = new URL(issuer)
  const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }))
  const registered = await oauth.dynamicClientRegistrationRequest(as, { redirect_uris: [REDIRECT_URI], ...metadata }, insecure)
  const client = await oauth.processDynamicClientRegistrationResponse(registered)
  return { as, client }
}

for (const method of ['none', 'client_secret_basic', 'client_secret_post'] as const) {
  t.test(
    `a ${method} client goes the whole way: discover, register, log in, consent, code, token, userinfo, refresh, revoke`,
    async (t) => {
      const { issuer } = await listen(t)
      const { as, client } = await connect(issuer, { token_endpoint_auth_method: method, client_name: 'oauth4webapi' })
      const secret = client.client_secret as string
      const auth =
        method === 'none'
          ? oauth.None()
          : method === 'client_secret_basic'
            ? oauth.ClientSecretBasic(secret)
            : oauth.ClientSecretPost(secret)

      const verifier = oauth.generateRandomCodeVerifier()
      const state = oauth.generateRandomState()
      const nonce = oauth.generateRandomNonce()
      const url = new URL(as.authorization_endpoint!)
      url.search = new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: 'openid profile email offline_access',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        resource: RESOURCE,
      }).toString()

      const person = createPerson(issuer)
      const arrival = await person.authorize(url)
      const parameters = oauth.validateAuthResponse(as, client, arrival, state)
      const tokenResponse = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, REDIRECT_URI, verifier, {
        ...insecure,
        additionalParameters: { resource: RESOURCE },
      })
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, tokenResponse, { expectedNonce: nonce, requireIdToken: true })
      const claims = oauth.getValidatedIdTokenClaims(tokens)!
      t.equal(tokens.scope, 'openid profile email offline_access')

      const jwks = createRemoteJWKSet(new URL(as.jwks_uri!))
      const { payload, protectedHeader } = await jwtVerify(tokens.access_token, jwks, { issuer, audience: RESOURCE, typ: 'at+jwt' })
      t.match(protectedHeader, { alg: 'ES256', typ: 'at+jwt' })
      t.match(payload, { sub: claims.sub, client_id: client.client_id, scope: 'openid profile email offline_access' })

      const info = await oauth.processUserInfoResponse(
        as,
        client,
        claims.sub,
        await oauth.userInfoRequest(as, client, tokens.access_token, insecure),
      )
      t.match(info, { sub: claims.sub, preferred_username: 'admin', name: 'admin' })

      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token!, {
          ...insecure,
          additionalParameters: { resource: RESOURCE },
        }),
      )
      t.not(refreshed.refresh_token, tokens.refresh_token, 'refresh tokens rotate')
      t.equal((await jwtVerify(refreshed.access_token, jwks, { issuer })).payload.aud, RESOURCE)

      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, refreshed.refresh_token!, insecure))
      const after = await oauth.refreshTokenGrantRequest(as, client, auth, refreshed.refresh_token!, insecure)
      t.equal(after.status, 400)
      t.match(await after.json(), { error: 'invalid_grant' })
      const dead = await fetch(as.userinfo_endpoint!, { headers: { authorization: `Bearer ${refreshed.access_token}` } })
      t.equal(dead.status, 401, 'the access token died with its grant')
    },
  )
}

t.test('a person who denies sends the client an access_denied with state and iss', async (t) => {
  const { issuer } = await listen(t)
  const { as, client } = await connect(issuer)
  const url = new URL(as.authorization_endpoint!)
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    state: 's/+= &ü',
  }).toString()
  const person = createPerson(issuer)
  const login = await person.open(url)
  const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
  const { away } = await person.submit(consent.page!, { decision: 'deny' })
  t.match(Object.fromEntries(away!.searchParams), { error: 'access_denied', state: 's/+= &ü', iss: issuer })
  t.throws(() => oauth.validateAuthResponse(as, client, away!, 's/+= &ü'), /authorization response from the server is an error/)
})
