import t from 'tap'
import type { Test } from 'tap'
import { createApp, injectFetch, ISSUER } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { CHATGPT, CLAUDE_CODE, serveDocuments } from '#test/support/clients/client-documents.ts'
import type { Documents } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'
import { sampleClient } from '#test/support/records.ts'

const CLIENT_ID = 'https://client.example/client.json'
const DOCUMENT = { client_id: CLIENT_ID, client_name: 'Example', redirect_uris: ['https://client.example/callback'] }
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const query = (clientId: string, more: Record<string, string> = {}) =>
  new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  }).toString()

async function start(t: Test, env: Record<string, string> = {}): Promise<TestApp & { documents: Documents }> {
  const documents = await serveDocuments(t)
  documents.publish(DOCUMENT)
  return { ...(await createApp(t, env, undefined, { safeFetch: documents })), documents }
}

/** What a program is told at /authorize; a login page means that the client was found. */
async function ask({ app }: TestApp, clientId = CLIENT_ID, more: Record<string, string> = {}) {
  const response = await app.inject({
    url: `/authorize?${query(clientId, more)}`,
    headers: { accept: 'application/json, text/html;q=0.5' },
  })
  return response.statusCode === 200 ? 'found' : (response.json() as { error: string; error_description: string })
}

const token = ({ app }: TestApp, form: Record<string, string>) =>
  app.inject({
    method: 'POST',
    url: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })

t.test('the metadata say whether a client may name itself by the URL of a document', async (t) => {
  for (const [env, supported] of [
    [{}, true],
    [{ CIMD: 'off' }, false],
  ] as const) {
    const { app } = await createApp(t, env)
    const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
    t.equal(metadata['client_id_metadata_document_supported'], supported)
  }
})

t.test('a client whose document cannot be fetched is a page for people, and invalid_client for programs', async (t) => {
  const made = await start(t)
  const { app, documents } = made
  const missing = 'https://client.example/missing.json'
  const page = await app.inject({ url: `/authorize?${query(missing)}`, headers: { accept: 'text/html' } })
  t.equal(page.statusCode, 400)
  t.match(page.headers['content-type'], 'text/html')
  t.notOk(page.headers.location)
  t.match(page.body, 'it could not be fetched')
  t.match(await ask(made, missing), {
    error: 'invalid_client',
    error_description: /^the client metadata document at client_id cannot be used: it could not be fetched$/,
  })
  const response = await token(made, { grant_type: 'authorization_code', code: 'code', client_id: missing })
  t.equal(response.statusCode, 401)
  t.match(response.headers['www-authenticate'], 'error="invalid_client"')
  t.match(response.json(), { error: 'invalid_client' })
  t.same(documents.asked, [missing], 'and it is asked for once, however many ask')
})

t.test('a developer is told what is wrong with a document, but not why it cannot be fetched', async (t) => {
  const made = await start(t)
  const { documents, storage } = made
  documents.publish({ ...DOCUMENT, redirect_uris: [] })
  t.match(await ask(made), { error: 'invalid_client', error_description: /cannot be used: redirect_uris is required/ })
  documents.answers.set('https://client.example/forbidden', (_request, response) => response.writeHead(403).end())
  t.match(await ask(made, 'https://client.example/forbidden'), { error_description: /cannot be used: it could not be fetched$/ })
  t.match(await ask(made, 'https://localhost/client.json'), { error_description: /cannot be used: it could not be fetched$/ })
  t.equal(await storage.clients.find(CLIENT_ID), undefined, 'nothing of it is kept')
})

t.test('registered clients never cause a fetch, whatever their id looks like', async (t) => {
  const made = await start(t)
  const { storage, documents, clock } = made
  await storage.clients.insert(
    sampleClient({
      id: CLIENT_ID,
      origin: 'operator',
      createdAt: clock.now,
      metadata: { redirectUris: ['https://other.example/callback'] },
    }),
  )
  await storage.clients.insert(sampleClient({ createdAt: clock.now }))
  clock.now += 400 * 24 * HOUR
  t.equal(await ask(made), 'found')
  t.match(await ask(made, CLIENT_ID, { redirect_uri: 'https://client.example/callback' }), { error: 'invalid_request' })
  t.equal(await ask(made, 'client_sample'), 'found')
  for (const id of [
    'client_unknown',
    'http://client.example/client.json',
    'https://client.example',
    'https://client.example/a/../client.json',
    'HTTPS://client.example/client.json',
  ]) {
    t.match(await ask(made, id), { error: 'invalid_client', error_description: /^this client is not registered here/ }, id)
  }
  t.same(documents.asked, [])
})

t.test('a document is fetched once for all who ask at once, and again when it is no longer fresh', async (t) => {
  const made = await start(t)
  const { documents, clock, storage } = made
  documents.publish(DOCUMENT, { 'cache-control': 'max-age=120' })
  t.same(await Promise.all(Array.from({ length: 8 }, () => ask(made))), Array(8).fill('found'))
  clock.now += 2 * MINUTE - 1
  t.equal(await ask(made), 'found')
  t.equal(documents.asked.length, 1)
  documents.publish({ ...DOCUMENT, redirect_uris: ['https://client.example/new'] })
  clock.now += 1
  t.match(
    await ask(made, CLIENT_ID, { redirect_uri: 'https://client.example/callback' }),
    { error: 'invalid_request' },
    'the new document holds',
  )
  t.equal(await ask(made, CLIENT_ID, { redirect_uri: 'https://client.example/new' }), 'found')
  t.equal(documents.asked.length, 2)
  t.match(await storage.clients.find(CLIENT_ID), { origin: 'document', metadata: { redirectUris: ['https://client.example/new'] } })
})

t.test(
  'the last good copy counts for a day while the document cannot be fetched, but not once it is gone or breaks the rules',
  async (t) => {
    const unreachable = await start(t)
    const { documents, clock } = unreachable
    const begun = clock.now
    t.equal(await ask(unreachable), 'found')
    documents.answers.set(CLIENT_ID, (_request, response) => response.writeHead(503).end())
    clock.now = begun + 24 * HOUR - 1
    t.equal(await ask(unreachable), 'found')
    clock.now = begun + 24 * HOUR + 5000
    t.match(await ask(unreachable), { error: 'invalid_client' })
    documents.publish(DOCUMENT)
    clock.now += 5000
    t.equal(await ask(unreachable), 'found', 'it comes back by itself')

    documents.answers.delete(CLIENT_ID)
    clock.now += HOUR
    t.match(await ask(unreachable), { error: 'invalid_client' }, 'gone')
    documents.publish({ ...DOCUMENT, client_secret: 'secret' })
    clock.now += HOUR
    t.match(await ask(unreachable), { error: 'invalid_client', error_description: /must not hold a client_secret/ }, 'refused')
  },
)

t.test('grants and the last good copy survive a restart of the server', async (t) => {
  const documents = await serveDocuments(t)
  documents.publish(DOCUMENT)
  const env = { DATABASE_URL: `sqlite:${t.testdir()}/solar-system.db` }
  const before = await createApp(t, env, undefined, { safeFetch: documents })
  const away = await createPerson(ISSUER, injectFetch(before.app)).authorize(`${ISSUER}/authorize?${query(CLIENT_ID)}`)
  const form = { client_id: CLIENT_ID, grant_type: 'authorization_code', code: away.searchParams.get('code')!, code_verifier: VERIFIER }
  const { refresh_token } = (await token(before, form)).json<{ refresh_token: string }>()
  await before.app.close()

  documents.answers.clear()
  documents.answers.set(CLIENT_ID, (_request, response) => response.writeHead(500).end())
  const after = await createApp(t, env, undefined, { safeFetch: documents })
  after.clock.now += 2 * HOUR
  const refreshed = await token(after, { client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token })
  t.equal(refreshed.statusCode, 200)
  t.equal(documents.asked.length, 2, 'it tried')
})

t.test('CIMD=off: no document is fetched, and none that is known counts', async (t) => {
  const documents = await serveDocuments(t)
  documents.publish(DOCUMENT)
  const env = { DATABASE_URL: `sqlite:${t.testdir()}/solar-system.db` }
  const on = await createApp(t, env, undefined, { safeFetch: documents })
  t.equal(await ask(on), 'found')
  await on.app.close()
  const off = await createApp(t, { ...env, CIMD: 'off' }, undefined, { safeFetch: documents })
  for (const id of [CLIENT_ID, CHATGPT.client_id])
    t.match(await ask(off, id), { error: 'invalid_client', error_description: /^this client is not registered here/ })
  t.equal((await token(off, { client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token: 'a' })).statusCode, 401)
  t.equal(documents.asked.length, 1)
})

t.test('an address that makes us fetch too many documents is told to wait; what is fresh still counts', async (t) => {
  const made = await start(t, { RATE_LIMIT_REGISTER: '3/1m' })
  for (const n of [1, 2]) await ask(made, `https://client.example/missing/${n}`)
  t.equal(await ask(made), 'found')
  const limited = await made.app.inject({
    url: `/authorize?${query('https://client.example/missing/4')}`,
    headers: { accept: 'application/json' },
  })
  t.equal(limited.statusCode, 429)
  t.ok(limited.headers['retry-after'])
  t.match(limited.json(), { error: 'temporarily_unavailable' })
  t.equal(await ask(made), 'found')
  t.equal(made.documents.asked.length, 3)
  made.clock.now += HOUR
  t.equal(await ask(made), 'found', 'and so does what is known, and fetched again')
  t.equal(made.documents.asked.length, 4)
  const other = await made.app.inject({ url: `/authorize?${query(CHATGPT.client_id)}`, remoteAddress: '192.0.2.1' })
  t.equal(other.statusCode, 200, 'another address has its own budget')

  const unlimited = await start(t, { RATE_LIMIT_REGISTER: 'off' })
  for (let n = 0; n < 10; n++) t.match(await ask(unlimited, `https://client.example/missing/${n}`), { error: 'invalid_client' })
})

t.test('a disabled client stays disabled, and its document is not fetched', async (t) => {
  const made = await start(t)
  await made.storage.clients.insert(
    sampleClient({ id: CLIENT_ID, createdAt: 1, disabledAt: 2, origin: 'document', documentFetchedAt: 0, documentFreshUntil: 0 }),
  )
  t.match(await ask(made), { error: 'invalid_client' })
  t.equal((await token(made, { client_id: CLIENT_ID, grant_type: 'refresh_token', refresh_token: 'a' })).statusCode, 401)
  t.same(made.documents.asked, [])
})

t.test('the consent page names the host that publishes the document; that of a registered client names none', async (t) => {
  const { app, storage, clock } = await start(t)
  await storage.clients.insert(sampleClient({ createdAt: clock.now, metadata: { display: { client_name: 'ChatGPT' } } }))
  const person = createPerson(ISSUER, injectFetch(app))
  const login = await person.open(`${ISSUER}/authorize?${query(CHATGPT.client_id)}`)
  const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
  t.match(consent.page!.html, /Published by <[^>]+>chatgpt\.com<\/[^>]+>/)
  t.match(consent.page!.html, 'ChatGPT')
  const registered = await person.open(`${ISSUER}/authorize?${query('client_sample')}`)
  t.match(registered.page!.html, 'ChatGPT')
  t.notMatch(registered.page!.html, 'Published by')
})

t.test('consent to a document is remembered where its redirect URI is https, and asked again on loopback', async (t) => {
  const { app } = await start(t)
  const person = createPerson(ISSUER, injectFetch(app))
  await person.authorize(`${ISSUER}/authorize?${query(CHATGPT.client_id)}`)
  const silent = await person.open(`${ISSUER}/authorize?${query(CHATGPT.client_id, { prompt: 'none' })}`)
  t.ok(silent.away?.searchParams.get('code'))
  const loopback = { redirect_uri: 'http://localhost:4000/callback' }
  await person.authorize(`${ISSUER}/authorize?${query(CLAUDE_CODE.client_id, loopback)}`)
  const asked = await person.open(`${ISSUER}/authorize?${query(CLAUDE_CODE.client_id, { ...loopback, prompt: 'none' })}`)
  t.equal(asked.away?.searchParams.get('error'), 'consent_required')
})

t.test('a client by document needs PKCE, since anybody can read all that there is of it', async (t) => {
  const { app } = await start(t)
  const response = await app.inject(`/authorize?${new URLSearchParams({ client_id: CLIENT_ID, response_type: 'code' }).toString()}`)
  t.equal(response.statusCode, 400)
  t.match(response.body, 'https://client.example/callback?error&#x3D;invalid_request&amp;error_description&#x3D;code_challenge')
})
