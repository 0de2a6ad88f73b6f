import t from 'tap'
import type { Test } from 'tap'
import { createApp, injectFetch, ISSUER } from '#test/support/app.ts'
import { CLAUDE_CODE, serveDocuments } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'

// Sentences of the working group's draft, as its editors have it.
const CLIENT_ID = 'https://client.example/client.json'
const DOCUMENT = { client_id: CLIENT_ID, client_name: 'Example', redirect_uris: ['https://client.example/callback'] }
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

async function start(t: Test) {
  const documents = await serveDocuments(t)
  documents.publish(DOCUMENT)
  const made = await createApp(t, { RATE_LIMIT_REGISTER: 'off' }, undefined, { safeFetch: documents })
  const ask = async (clientId: string, more: Record<string, string> = {}) => {
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...more,
    }).toString()
    const response = await made.app.inject({ url: `/authorize?${query}`, headers: { accept: 'application/json, text/html;q=0.5' } })
    return response.statusCode === 200 ? 'found' : response.json<{ error: string }>().error
  }
  return { ...made, documents, ask }
}

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-3
//# MUST use the `https` URL scheme
//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-3
//# MUST NOT contain a userinfo component
//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-3
//# MUST contain a path component
//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-3
//# MUST NOT contain single-dot or double-dot path components
//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-3
//# MUST NOT contain a fragment component
t.test('a client id that is no Client Identifier URL is never fetched', async (t) => {
  const { ask, documents } = await start(t)
  for (const id of [
    'http://client.example/client.json',
    'https://a@client.example/client.json',
    'https://client.example',
    'https://client.example/./client.json',
    'https://client.example/a/../client.json',
    `${CLIENT_ID}#a`,
  ]) {
    t.equal(await ask(id), 'invalid_client', id)
  }
  t.same(documents.asked, [])
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-4
//# The Client ID Metadata Document MUST contain a `client_id` property whose value MUST match the Client Identifier URL
t.test('a document that names another client id, by a single byte, is refused', async (t) => {
  const { ask, documents } = await start(t)
  documents.publish({ ...DOCUMENT, client_id: `${CLIENT_ID}?` })
  documents.answers.set(CLIENT_ID, documents.answers.get(`${CLIENT_ID}?`)!)
  t.equal(await ask(CLIENT_ID), 'invalid_client')
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-5
//# The authorization server MUST treat all other HTTP status codes as an error response
t.test('any status but 200 is a failure', async (t) => {
  const { ask, documents } = await start(t)
  for (const status of [201, 203, 204, 206, 301, 302, 304, 307, 308, 400, 401, 404, 410, 429, 500, 503]) {
    const url = `https://client.example/${status}`
    documents.answers.set(url, (_request, response) =>
      response
        .writeHead(status, { 'content-type': 'application/json', location: CLIENT_ID })
        .end(status === 204 || status === 304 ? undefined : JSON.stringify({ ...DOCUMENT, client_id: url })),
    )
    t.equal(await ask(url), 'invalid_client', String(status))
  }
  t.notOk(documents.asked.includes(CLIENT_ID), 'no redirect was followed')
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-4.1
//# the `client_secret` and `client_secret_expires_at` properties MUST NOT be used
//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-4.1
//# private key material MUST NOT be included in the Client ID Metadata Document
t.test('a document that holds a secret is refused', async (t) => {
  const { ask, documents } = await start(t)
  const publicKey = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }
  for (const [n, secret] of [
    { client_secret: 'a' },
    { client_secret_expires_at: 0 },
    { jwks: { keys: [{ ...publicKey, d: 'AA' }] } },
    { jwks: { keys: [{ kty: 'oct', k: 'AA' }] } },
  ].entries()) {
    const client_id = `https://client.example/${n}`
    documents.publish({ ...DOCUMENT, client_id, ...secret })
    t.equal(await ask(client_id), 'invalid_client', JSON.stringify(secret))
  }
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-4.2
//# MUST ensure that the redirect URL in an authorization request is an exact match, using simple string comparison, of a registered redirect URL.
t.test('a redirect URI that the document does not list is refused', async (t) => {
  const { ask } = await start(t)
  for (const uri of [
    'https://client.example/callback/',
    'https://client.example/Callback',
    'https://client.example/callback?a',
    'https://client.example:443/callback',
    'https://other.example/callback',
  ]) {
    t.equal(await ask(CLIENT_ID, { redirect_uri: uri }), 'invalid_request', uri)
  }
  t.equal(await ask(CLIENT_ID, { redirect_uri: DOCUMENT.redirect_uris[0]! }), 'found')
  t.equal(
    await ask(CLAUDE_CODE.client_id, { redirect_uri: 'http://localhost:1234/callback' }),
    'found',
    'but a loopback port may differ (RFC 8252 section 7.3)',
  )
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-5.1
//# If the authorization server attempts to fetch the Client ID Metadata Document, and fetching the metadata document fails, the authorization server SHOULD abort the authorization request.
t.test('a request whose document cannot be fetched ends at the server', async (t) => {
  const { app } = await start(t)
  const response = await app.inject(
    `/authorize?client_id=${encodeURIComponent('https://client.example/missing')}&redirect_uri=https://client.example/callback&response_type=code`,
  )
  t.equal(response.statusCode, 400)
  t.notOk(response.headers.location)
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-5.2
//# The authorization server SHOULD respect HTTP cache headers [RFC9111] when caching client metadata
//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-5.2
//# The authorization server MUST NOT cache error responses. The authorization server also MUST NOT cache documents which are invalid or malformed.
t.test('a document is kept as long as its headers say; a failure is forgotten after a breath', async (t) => {
  const { ask, documents, clock } = await start(t)
  documents.publish(DOCUMENT, { 'cache-control': 'max-age=1800' })
  t.equal(await ask(CLIENT_ID), 'found')
  clock.now += 1_799_000
  t.equal(await ask(CLIENT_ID), 'found')
  t.equal(documents.asked.length, 1)
  const later = 'https://client.example/later'
  t.equal(await ask(later), 'invalid_client')
  documents.publish({ ...DOCUMENT, client_id: later, redirect_uris: [] })
  clock.now += 5000
  t.equal(await ask(later), 'invalid_client')
  documents.publish({ ...DOCUMENT, client_id: later })
  clock.now += 5000
  t.equal(await ask(later), 'found')
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-8.4
//# The authorization server SHOULD display the hostname of the `client_id` on the authorization interface
t.test('a person sees the host of the client id', async (t) => {
  const { app } = await start(t)
  const person = createPerson(ISSUER, injectFetch(app))
  const query = new URLSearchParams({
    client_id: CLAUDE_CODE.client_id,
    redirect_uri: 'http://localhost:5000/callback',
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  }).toString()
  const login = await person.open(`${ISSUER}/authorize?${query}`)
  const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
  t.match(consent.page!.html, 'claude.ai')
})
