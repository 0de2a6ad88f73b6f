/** Clients that push their requests, sign them, or both: strict libraries go the whole way. */
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'

const REDIRECT_URI = 'https://client.example/callback'
const key = await makeClientKey('own', 'ES256')
const { issuer } = await listen(t)
const insecure = { [oauth.allowInsecureRequests]: true }
const signed = { jwks: { keys: [key.jwk as oauth.JWK] }, request_object_signing_alg: 'ES256' }

async function connect(metadata: Partial<oauth.Client>) {
  const as = await oauth.processDiscoveryResponse(
    new URL(issuer),
    await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }),
  )
  const response = await oauth.dynamicClientRegistrationRequest(as, { redirect_uris: [REDIRECT_URI], ...metadata }, insecure)
  return { as, registered: await oauth.processDynamicClientRegistrationResponse(response) }
}

for (const method of ['none', 'client_secret_basic', 'private_key_jwt'] as const) {
  t.test(`oauth4webapi: a ${method} client that has to push goes the whole way, with its request in the open and signed`, async (t) => {
    const { as, registered } = await connect({ token_endpoint_auth_method: method, require_pushed_authorization_requests: true, ...signed })
    const privateKey = { key: key.privateKey, kid: key.kid }
    const auth = {
      none: oauth.None(),
      client_secret_basic: oauth.ClientSecretBasic(String(registered.client_secret)),
      private_key_jwt: oauth.PrivateKeyJwt(privateKey),
    }[method]
    for (const isSigned of [false, true]) {
      const verifier = oauth.generateRandomCodeVerifier()
      const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
      const request = {
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: 'openid email',
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }
      const parameters = isSigned ? { request: await oauth.issueRequestObject(as, registered, request, privateKey) } : request
      const pushed = await oauth.processPushedAuthorizationResponse(
        as,
        registered,
        await oauth.pushedAuthorizationRequest(as, registered, auth, parameters, insecure),
      )
      const url = new URL(as.authorization_endpoint!)
      url.search = new URLSearchParams({ client_id: registered.client_id, request_uri: pushed.request_uri }).toString()
      const answer = oauth.validateAuthResponse(as, registered, await createPerson(issuer).authorize(url), state)
      const tokens = await oauth.processAuthorizationCodeResponse(
        as,
        registered,
        await oauth.authorizationCodeGrantRequest(as, registered, auth, answer, REDIRECT_URI, verifier, insecure),
        { expectedNonce: nonce, requireIdToken: true },
      )
      t.equal(tokens.scope, 'openid email', `signed: ${isSigned}`)
    }
  })
}

t.test('openid-client: a client pushes one request, signs another, and pushes a signed one', async (t) => {
  const config = await client.dynamicClientRegistration(new URL(issuer), { redirect_uris: [REDIRECT_URI], ...signed }, undefined, {
    execute: [client.allowInsecureRequests],
  })
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const request = {
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
  const person = createPerson(issuer)
  const signedUrl = () =>
    client.buildAuthorizationUrlWithJAR(config, { ...request, state: 'the state' }, { key: key.privateKey, kid: key.kid })
  const urls = [
    await client.buildAuthorizationUrlWithPAR(config, { ...request, state: 'the state' }),
    await signedUrl(),
    await client.buildAuthorizationUrlWithPAR(config, (await signedUrl()).searchParams),
  ]
  for (const url of urls) {
    t.notOk(url.searchParams.has('state'), 'nothing of the request is in the open')
    const tokens = await client.authorizationCodeGrant(config, await person.authorize(url), {
      pkceCodeVerifier,
      expectedState: 'the state',
      idTokenExpected: true,
    })
    t.match(tokens.claims(), { aud: config.clientMetadata().client_id })
  }
})

t.test('openid-client: an ordinary client reads signed answers, by the default algorithm, and of errors as well', async (t) => {
  const config = await client.dynamicClientRegistration(new URL(issuer), { redirect_uris: [REDIRECT_URI] }, undefined, {
    execute: [client.allowInsecureRequests, client.useJwtResponseMode],
  })
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const request = {
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    state: 'the state',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
  const checks = { pkceCodeVerifier, expectedState: 'the state', idTokenExpected: true }
  const person = createPerson(issuer)
  const arrival = await person.authorize(client.buildAuthorizationUrl(config, request))
  t.strictSame([...arrival.searchParams.keys()], ['response'])
  t.match((await client.authorizationCodeGrant(config, arrival, checks)).claims(), { aud: config.clientMetadata().client_id })
  const silent = await createPerson(issuer).open(client.buildAuthorizationUrl(config, { ...request, prompt: 'none' }))
  await t.rejects(client.authorizationCodeGrant(config, silent.away!, checks), /authorization response from the server is an error/)
})
