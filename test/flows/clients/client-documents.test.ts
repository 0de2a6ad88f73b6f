import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { CHATGPT, CLAUDE_CODE, makeClientKey, serveDocuments } from '#test/support/clients/client-documents.ts'
import type { ClientKey } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Person } from '#test/support/people/person.ts'

const RESOURCE = 'https://mcp.example.com/mcp'
const SCOPE = 'openid profile email offline_access'
const insecure = { [oauth.allowInsecureRequests]: true }

async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }))
}

/** Sends the person with a request as the client would, and returns what the client then exchanges the code with. */
async function authorize(as: oauth.AuthorizationServer, person: Person, client: oauth.Client, redirectUri: string) {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const url = new URL(as.authorization_endpoint!)
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: SCOPE,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource: RESOURCE,
  }).toString()
  const arrival = await person.authorize(url)
  return {
    arrival,
    exchange: (auth: oauth.ClientAuth) =>
      exchange(as, client, auth, oauth.validateAuthResponse(as, client, arrival, state), redirectUri, verifier),
  }
}

async function exchange(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  auth: oauth.ClientAuth,
  parameters: URLSearchParams,
  redirectUri: string,
  verifier: string,
) {
  const options = { ...insecure, additionalParameters: { resource: RESOURCE } }
  return oauth.processAuthorizationCodeResponse(
    as,
    client,
    await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectUri, verifier, options),
  )
}

async function refresh(as: oauth.AuthorizationServer, client: oauth.Client, auth: oauth.ClientAuth, token: string) {
  return oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, token, insecure))
}

const byKey = ({ privateKey: key, kid }: ClientKey, aud?: string) =>
  oauth.PrivateKeyJwt({ key, kid }, aud === undefined ? {} : { [oauth.modifyAssertion]: (_header, payload) => void (payload['aud'] = aud) })

t.test('ChatGPT connects by its document: no registration, an assertion by RS256, keys that rotate', async (t) => {
  const documents = await serveDocuments(t)
  const [first, second] = await Promise.all([makeClientKey('first'), makeClientKey('second')])
  documents.publishKeys(first)
  const { issuer, clock } = await listen(t, {}, { safeFetch: documents })
  const as = await discover(issuer)
  t.equal(as['client_id_metadata_document_supported'], true)
  t.ok(as.token_endpoint_auth_methods_supported?.includes('private_key_jwt'))
  t.same(as.token_endpoint_auth_signing_alg_values_supported, ['RS256', 'PS256', 'ES256', 'EdDSA'])

  const client: oauth.Client = { client_id: CHATGPT.client_id }
  const person = createPerson(issuer)
  const { arrival, exchange } = await authorize(as, person, client, CHATGPT.redirect_uris[0]!)
  t.equal(arrival.origin + arrival.pathname, CHATGPT.redirect_uris[0])
  t.same(documents.asked, [CHATGPT.client_id], 'one fetch for the whole way: the logo, say, is never fetched')

  const tokens = await exchange(byKey(first))
  t.match(decodeJwt(tokens.access_token), { client_id: CHATGPT.client_id, aud: RESOURCE, scope: SCOPE })
  t.same(documents.asked, [CHATGPT.client_id, CHATGPT.jwks_uri])

  const again = await refresh(as, client, byKey(first, as.token_endpoint), tokens.refresh_token!)
  t.equal(documents.asked.length, 2, 'keys are kept')

  // ChatGPT rotates: the server meets a kid that it doesn't know, and fetches the keys once more.
  documents.publishKeys(second)
  clock.now += 31_000
  const rotated = await refresh(as, client, byKey(second), again.refresh_token!)
  t.same(documents.asked.slice(2), [CHATGPT.jwks_uri])
  const withdrawn = await oauth.refreshTokenGrantRequest(as, client, byKey(first), rotated.refresh_token!, insecure)
  t.equal(withdrawn.status, 401, 'the key that was withdrawn counts no more')
  t.match(await withdrawn.json(), { error: 'invalid_client' })

  const introspected = await oauth.introspectionRequest(as, client, byKey(second), rotated.access_token, insecure)
  t.equal(introspected.status, 401, 'a client that may do without a key is a public one')
  await introspected.body?.cancel()
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, byKey(second), rotated.refresh_token!, insecure))
  await t.rejects(refresh(as, client, byKey(second), rotated.refresh_token!), /error in the response body/)
})

t.test('ChatGPT may do without the assertion, since its document lists none', async (t) => {
  const documents = await serveDocuments(t)
  const { issuer } = await listen(t, {}, { safeFetch: documents })
  const as = await discover(issuer)
  const client: oauth.Client = { client_id: CHATGPT.client_id }
  const { exchange } = await authorize(as, createPerson(issuer), client, CHATGPT.redirect_uris[0]!)
  const tokens = await exchange(oauth.None())
  await refresh(as, client, oauth.None(), tokens.refresh_token!)
  t.notOk(documents.asked.includes(CHATGPT.jwks_uri))
})

t.test('Claude Code connects by its document from any port, and is asked about every time', async (t) => {
  const documents = await serveDocuments(t)
  const { issuer } = await listen(t, {}, { safeFetch: documents })
  const as = await discover(issuer)
  const client: oauth.Client = { client_id: CLAUDE_CODE.client_id }
  const person = createPerson(issuer)
  for (const redirectUri of ['http://localhost:53682/callback', 'http://127.0.0.1:1/callback', 'http://localhost/callback']) {
    const { arrival, exchange } = await authorize(as, person, client, redirectUri)
    t.equal(arrival.host, new URL(redirectUri).host)
    const tokens = await exchange(oauth.None())
    t.match(decodeJwt(tokens.access_token), { client_id: CLAUDE_CODE.client_id, aud: RESOURCE })
    const refreshed = await refresh(as, client, oauth.None(), tokens.refresh_token!)
    t.equal(refreshed.scope, SCOPE)
  }
  t.same(documents.asked, [CLAUDE_CODE.client_id], 'the document is fetched once')

  const url = new URL(as.authorization_endpoint!)
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: 'http://localhost:9/other',
    response_type: 'code',
  }).toString()
  t.match((await person.open(url)).page, { status: 400 }, 'another path is no redirect URI of it')
})
