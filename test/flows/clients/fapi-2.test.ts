/** FAPI 2.0 with message signing, the whole way, by two strict libraries: PAR with JAR, JARM, private_key_jwt, DPoP, signed introspection. */
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'

const CALLBACK = 'https://client.example/callback'
const insecure = { [oauth.allowInsecureRequests]: true }
const { issuer } = await listen(t, { SECURITY_PROFILE: 'fapi2' })
/** Each client finds the server for itself: the library keeps the keys that it saw. */
const discover = async () =>
  oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }))

for (const alg of ['ES256', 'PS256', 'EdDSA'] as const) {
  t.test(`oauth4webapi, ${alg}: a client registers, pushes a signed request, reads a signed answer, and refreshes`, async (t) => {
    const as = await discover()
    const key = await makeClientKey('own', alg)
    const privateKey = { key: key.privateKey, kid: key.kid }
    const registered = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        {
          redirect_uris: [CALLBACK],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [key.jwk as oauth.JWK] },
          require_signed_request_object: true,
          id_token_signed_response_alg: alg,
          authorization_signed_response_alg: alg,
          introspection_signed_response_alg: alg,
        },
        insecure,
      ),
    )
    t.match(registered, { dpop_bound_access_tokens: true, require_pushed_authorization_requests: true })
    const auth = oauth.PrivateKeyJwt(privateKey)
    const DPoP = oauth.DPoP({}, await oauth.generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg))
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const request = await oauth.issueRequestObject(
      as,
      registered,
      {
        redirect_uri: CALLBACK,
        response_type: 'code',
        response_mode: 'jwt',
        scope: 'openid offline_access',
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
      privateKey,
    )
    const pushed = await oauth.processPushedAuthorizationResponse(
      as,
      registered,
      await oauth.pushedAuthorizationRequest(as, registered, auth, { request }, { ...insecure, DPoP }),
    )
    const url = new URL(as.authorization_endpoint!)
    url.search = new URLSearchParams({ client_id: registered.client_id, request_uri: pushed.request_uri }).toString()
    const arrival = await createPerson(issuer).authorize(url)
    t.strictSame([...arrival.searchParams.keys()], ['response'])
    const answer = await oauth.validateJwtAuthResponse(as, registered, arrival, state, insecure)
    const tokens = await oauth.processAuthorizationCodeResponse(
      as,
      registered,
      await oauth.authorizationCodeGrantRequest(as, registered, auth, answer, CALLBACK, verifier, { ...insecure, DPoP }),
      { expectedNonce: nonce, requireIdToken: true },
    )
    t.equal(tokens.token_type, 'dpop')
    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      registered,
      await oauth.refreshTokenGrantRequest(as, registered, auth, tokens.refresh_token!, { ...insecure, DPoP }),
    )
    t.equal(refreshed.refresh_token, tokens.refresh_token, 'it is not rotated')
    const { sub } = oauth.getValidatedIdTokenClaims(tokens)!
    const asked = await oauth.userInfoRequest(as, registered, refreshed.access_token, { ...insecure, DPoP })
    t.match(await oauth.processUserInfoResponse(as, registered, sub, asked), { sub })
    const introspected = await oauth.processIntrospectionResponse(
      as,
      registered,
      await oauth.introspectionRequest(as, registered, auth, refreshed.access_token, { ...insecure, requestJwtResponse: true }),
    )
    t.match(introspected, { active: true, client_id: registered.client_id })

    const other = { ...registered, client_id: 'client_other' }
    await t.rejects(oauth.validateJwtAuthResponse(as, other, arrival, state, insecure), /unexpected JWT "aud"/, "another client's answer")
  })
}

t.test('openid-client: the same by its own conveniences, and an error that is signed', async (t) => {
  const key = await makeClientKey('own', 'ES256')
  const privateKey = { key: key.privateKey, kid: key.kid }
  const metadata = {
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk as openid.JWK] },
  }
  const config = await openid.dynamicClientRegistration(new URL(issuer), metadata, openid.PrivateKeyJwt(privateKey), {
    execute: [openid.allowInsecureRequests, openid.useJwtResponseMode],
  })
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const parameters = {
    redirect_uri: CALLBACK,
    scope: 'openid offline_access',
    state: 'the state',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
  const signed = await openid.buildAuthorizationUrlWithJAR(config, parameters, privateKey)
  const url = await openid.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP })
  const person = createPerson(issuer)
  const checks = { pkceCodeVerifier, expectedState: 'the state', idTokenExpected: true }
  const arrival = await person.authorize(url)
  const tokens = await openid.authorizationCodeGrant(config, arrival, checks, undefined, { DPoP })
  t.match(tokens.claims(), { aud: config.clientMetadata().client_id })
  t.equal(tokens.token_type, 'dpop')
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!, undefined, { DPoP })
  t.match(await openid.fetchUserInfo(config, refreshed.access_token, tokens.claims()!.sub, { DPoP }), { sub: tokens.claims()!.sub })

  const silent = await openid.buildAuthorizationUrlWithPAR(config, { ...parameters, prompt: 'none' }, { DPoP })
  const { away } = await createPerson(issuer).open(silent)
  await t.rejects(
    openid.authorizationCodeGrant(config, away!, checks, undefined, { DPoP }),
    /authorization response from the server is an error/,
  )
  await t.rejects(
    openid.authorizationCodeGrant(config, arrival, checks, undefined, { DPoP }),
    /server responded with an error/,
    'a code counts once',
  )
})
