/**
 * What somebody can do who owns a host that accepts connections and never answers, or answers only when it suits them: make this
 * server wait (threat-model.md T18). What they reach is that their own requests wait, or are refused for a while.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { SignJWT } from 'jose'
import t from 'tap'
import { wayBackOf } from '#test/support/people/person.ts'
import type { Test } from 'tap'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { PATIENCE_MS } from '#src/plugins/authentication/find-client.ts'
import { MOST_FOR_ONE } from '#src/plugins/kernel/outside-lane.ts'
import { apiOf, isOAuthError } from '#test/support/api.ts'
import type { ApiResponse } from '#test/support/api.ts'
import { ISSUER, createApp } from '#test/support/app.ts'
import { CHATGPT, makeClientKey, serveDocuments } from '#test/support/clients/client-documents.ts'
import type { ClientKey } from '#test/support/clients/client-documents.ts'
import { json } from '#test/support/network/tls-server.ts'
import { SIZE } from '#test/support/size.ts'
import type { Answer } from '#test/support/network/tls-server.ts'

const EVIL = 'https://client.example'
const SILENT_MS = 3000
const MINUTE = 60_000
const silent: Answer = () => undefined

const key = await makeClientKey('own', 'ES256')

/** A server on which nobody is limited by rates, so that what is left is what this file is about. */
async function start(t: Test, env: Record<string, string> = { RATE_LIMIT_REGISTER: 'off', RATE_LIMIT_TOKEN: 'off' }) {
  const documents = await serveDocuments(t)
  const made = await createApp(t, env, undefined, { safeFetch: { ...documents, timeoutMs: SILENT_MS } })
  const { app, clock } = made
  const api = apiOf(made)

  let signed = 0
  async function assertion(clientId: string, by: ClientKey = key) {
    const now = Math.floor(clock.now / 1000)
    const claims = { iss: clientId, sub: clientId, aud: ISSUER, exp: now + 60, iat: now, jti: `jti-${signed++}` }
    const jwt = await new SignJWT(claims).setProtectedHeader({ alg: by.jwk.alg!, kid: by.kid }).sign(by.privateKey)
    return { client_assertion_type: ASSERTION_TYPE, client_assertion: jwt }
  }
  const register = (jwksUri: string) => api.register({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri })
  const refresh = async (clientId: string, by?: ClientKey) =>
    api.post('/token', { grant_type: 'refresh_token', refresh_token: 'unknown', ...(await assertion(clientId, by)) })
  const authorize = (clientId: string) =>
    app.inject({ url: '/authorize', query: { client_id: clientId, response_type: 'code', code_challenge: 'a'.repeat(43) } })
  return { ...api, documents, assertion, refresh, authorize, registerKeys: register }
}

const statuses = (responses: readonly ApiResponse[]) => new Set(responses.map(({ statusCode }) => statusCode))

/** What everybody needs is answered, and at once. */
async function worksForOthers(t: Test, { app, authorize }: Awaited<ReturnType<typeof start>>, about: string): Promise<void> {
  const begun = performance.now()
  for (const url of ['/jwks', '/readyz', '/healthz', '/.well-known/oauth-authorization-server', '/'])
    t.equal((await app.inject(url)).statusCode, 200, `${url} ${about}`)
  t.equal((await authorize('client_unknown')).statusCode, 400, `/authorize ${about}`)
  t.ok(performance.now() - begun < SILENT_MS, `at once ${about}`)
}

t.test(`T18: ${SIZE.waiting} requests that need a silent host leave room for everybody else, and only a few of them wait`, async (t) => {
  const made = await start(t)
  const { app, documents, post } = made
  const ways: Record<string, (n: number) => Promise<ApiResponse>> = {}
  for (const path of ['/token', '/introspect', '/revoke', '/par', '/device_authorization']) {
    const uris = [0, 1, 2, 3].map((n) => `${EVIL}/keys${path}/${n}`)
    for (const uri of uris) documents.answers.set(uri, silent)
    const clients = await Promise.all(uris.map((uri) => made.registerKeys(uri)))
    const proofs = await Promise.all(Array.from({ length: SIZE.waiting }, (_, n) => made.assertion(clients[n % 4]!.client_id)))
    ways[path] = (n) => post(path, { token: 'x', grant_type: 'refresh_token', ...proofs[n] })
  }
  documents.answers.set(`${EVIL}/client`, silent)
  ways['a client document'] = () =>
    app.inject({
      url: '/authorize',
      query: { client_id: `${EVIL}/client`, response_type: 'code' },
      headers: { accept: 'application/json' },
    })
  documents.answers.set(`${EVIL}/sector`, silent)
  ways['a sector document'] = () =>
    app.inject({
      method: 'POST',
      url: '/register',
      payload: { redirect_uris: ['https://a.example/cb'], sector_identifier_uri: `${EVIL}/sector` },
    })

  for (const [about, send] of Object.entries(ways)) {
    let answered = 0
    const sent = Array.from({ length: SIZE.waiting }, (_, n) => send(n).finally(() => answered++))
    await wait(SILENT_MS / 3)
    t.ok(answered >= SIZE.waiting - MOST_FOR_ONE, `without a place, the answer comes at once: ${about}`)
    await worksForOthers(t, made, `during ${about}`)
    const busy = (await Promise.all(sent)).filter(({ statusCode }) => statusCode === 503)
    t.ok(busy.length >= SIZE.waiting - MOST_FOR_ONE)
    t.ok(busy.every((answer) => answer.json<{ error: string }>().error === 'temporarily_unavailable'))
    t.ok(busy.every(({ headers }) => headers['retry-after'] === '5'))
  }
})

t.test('T18: a request_uri at a silent host is sent back as a passing trouble once too many wait for it', async (t) => {
  const made = await start(t)
  const uri = `${EVIL}/request`
  made.documents.answers.set(uri, silent)
  const { client_id } = await made.register({ token_endpoint_auth_method: 'none', request_uris: [uri] })
  const send = () => made.app.inject({ url: '/authorize', query: { client_id, request_uri: uri } })
  const sent = Array.from({ length: 100 }, send)
  await wait(SILENT_MS / 3)
  await worksForOthers(t, made, 'during it')
  const errors = (await Promise.all(sent)).map(({ body }) => wayBackOf({ html: body })?.searchParams.get('error'))
  t.equal(errors.filter((error) => error === 'invalid_request_uri').length, MOST_FOR_ONE)
  t.equal(errors.filter((error) => error === 'temporarily_unavailable').length, 100 - MOST_FOR_ONE)
})

t.test('T18: many clients of one silent site keep no good client from its keys and its document', async (t) => {
  const made = await start(t)
  const { documents } = made
  const uris = Array.from({ length: 70 }, (_, n) => `${EVIL}/jwks${n}`)
  for (const uri of uris) documents.answers.set(uri, silent)
  const clients = await Promise.all(uris.map((uri) => made.registerKeys(uri)))
  const sent = Promise.all(clients.map(({ client_id }) => made.refresh(client_id)))
  await wait(50)
  const own = await makeClientKey('rsa')
  documents.publishKeys(own)
  const good = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', ...(await made.assertion(CHATGPT.client_id, own)) })
  const letIn = await made.app.inject({
    method: 'POST',
    url: '/token',
    remoteAddress: '192.0.2.1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: good.toString(),
  })
  t.match(letIn.json(), { error: 'invalid_grant' }, 'it is let in')
  t.same(statuses(await sent), new Set([503]), 'and the others are not called unknown')
})

t.test('a client keeps its registration while its host is away: only an answer of that host makes it invalid', async (t) => {
  const made = await start(t)
  const uri = `${EVIL}/keys`
  const { client_id } = await made.registerKeys(uri)
  const answers: readonly [Answer, status: number, error: string][] = [
    [silent, 503, 'temporarily_unavailable'],
    [(_request, response) => response.writeHead(503).end(), 503, 'temporarily_unavailable'],
    [(_request, response) => void response.destroy(), 503, 'temporarily_unavailable'],
    [(_request, response) => response.writeHead(404).end(), 401, 'invalid_client'],
    [json({ keys: 'garbage' }), 401, 'invalid_client'],
    [(_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), 401, 'invalid_client'],
    [json({ keys: [key.jwk] }), 400, 'invalid_grant'],
  ]
  for (const [answer, status, error] of answers) {
    documents(uri, answer)
    const response = await made.refresh(client_id)
    isOAuthError(t, response, status, error)
    t.equal(response.headers['retry-after'], status === 503 ? '5' : undefined)
    made.clock.now += MINUTE
  }
  documents(uri, silent)
  const next = await makeClientKey('next', 'ES256')
  isOAuthError(t, await made.refresh(client_id, next), 503, 'temporarily_unavailable', undefined, 'its new key may be right')
  isOAuthError(t, await made.refresh(client_id), 400, 'invalid_grant', undefined, 'its earlier key is still known')

  function documents(at: string, answer: Answer): void {
    made.documents.answers.set(at, answer)
  }
})

t.test('a client whose document can not be had now is not called unknown, where a program would forget its tokens', async (t) => {
  const made = await start(t)
  const clientId = `${EVIL}/client.json`
  const form = { client_id: clientId, grant_type: 'refresh_token', refresh_token: 'x' }
  for (const [answer, status, error] of [
    [silent, 503, 'temporarily_unavailable'],
    [(_request, response) => response.writeHead(502).end(), 503, 'temporarily_unavailable'],
    [(_request, response) => response.writeHead(404).end(), 401, 'invalid_client'],
    [json({ client_id: 'another' }), 401, 'invalid_client'],
  ] as readonly [Answer, number, string][]) {
    made.documents.answers.set(clientId, answer)
    for (const path of ['/token', '/par', '/revoke']) isOAuthError(t, await made.post(path, form), status, error, undefined, path)
    const page = await made.authorize(clientId)
    t.equal(page.statusCode, 400, 'a person learns what is wrong')
    made.clock.now += MINUTE
  }
})

t.test('T18: an address that makes the server fetch too many key sets has to wait', async (t) => {
  const made = await start(t, { RATE_LIMIT_REGISTER: '4/1m' })
  const clients = await Promise.all([0, 1, 2].map((n) => made.registerKeys(`${EVIL}/k${n}`)))
  const answers = []
  for (let round = 0; round < 2; round++) for (const { client_id } of clients) answers.push((await made.refresh(client_id)).statusCode)
  t.same(answers, [401, 401, 401, 401, 429, 429])
  const limited = await made.refresh(clients[0]!.client_id)
  isOAuthError(t, limited, 429, 'temporarily_unavailable', /^too many key sets/)
  t.ok(limited.headers['retry-after'])
})

t.test('T18: a client whose document was known is let in at once while its host is slow or away', async (t) => {
  const made = await start(t)
  const clientId = `${EVIL}/client.json`
  const document = { client_id: clientId, client_name: 'Example', redirect_uris: ['https://client.example/callback'] }
  const timed = async () => {
    const begun = performance.now()
    const { statusCode } = await made.authorize(clientId)
    return { statusCode, ms: performance.now() - begun }
  }
  made.documents.publish(document)
  t.match(await timed(), { statusCode: 200 })
  made.documents.answers.set(clientId, silent)
  made.clock.now += 60 * MINUTE
  const first = await timed()
  t.equal(first.statusCode, 200)
  t.ok(first.ms < SILENT_MS, 'the first one waits for a moment')
  await wait(SILENT_MS - PATIENCE_MS + 200)
  for (let round = 0; round < 3; round++) {
    made.clock.now += 2 * MINUTE
    const { statusCode, ms } = await timed()
    t.equal(statusCode, 200)
    t.ok(ms < PATIENCE_MS / 2, 'and nobody after that')
  }
  const crowd = await Promise.all(Array.from({ length: 200 }, () => made.authorize(clientId)))
  t.same(statuses(crowd), new Set([200]), 'however many come')

  made.documents.publish({ ...document, client_name: 'New name' })
  await wait(SILENT_MS)
  made.clock.now += 2 * MINUTE
  await made.authorize(clientId)
  await wait(200)
  t.match(await made.storage.clients.find(clientId), { metadata: { display: { client_name: 'New name' } } }, 'a new one is found meanwhile')
})

t.test('a document that can not be kept now is tried again, and the reason is in the log', async (t) => {
  const lines: string[] = []
  const documents = await serveDocuments(t)
  const clientId = `${EVIL}/client.json`
  documents.publish({ client_id: clientId, client_name: 'Example', redirect_uris: ['https://client.example/callback'] })
  const made = await createApp(
    t,
    {},
    { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
    { safeFetch: documents },
  )
  const ask = () =>
    made.app.inject({ url: '/authorize', query: { client_id: clientId, response_type: 'code', code_challenge: 'a'.repeat(43) } })
  t.equal((await ask()).statusCode, 200)
  made.clock.now += 60 * MINUTE
  const broken = t.intercept(made.storage.clients, 'saveDocument', { value: async () => Promise.reject(new Error('the disk is gone')) })
  t.equal((await ask()).statusCode, 500)
  broken.restore()
  t.match(lines.join(''), /client document not kept/)
  t.equal((await ask()).statusCode, 200)
})

t.test('T18: only failed attempts at /introspect are counted, and past the limit nothing is done for them', async (t) => {
  const made = await start(t, { RATE_LIMIT_TOKEN: '5/1m' })
  const client = await made.register()
  const asks = (form: Record<string, string>) => made.post('/introspect', { token: 'x', ...form })
  const good = { client_id: client.client_id, client_secret: client.client_secret! }
  for (let n = 0; n < 20; n++) t.equal((await asks(good)).statusCode, 200)
  let looked = 0
  t.capture(made.storage.grants, 'findForClient', async () => {
    looked++
    return { asker: undefined }
  })
  for (let n = 0; n < 5; n++) t.equal((await asks({ client_id: `client_${n}`, client_secret: 'x' })).statusCode, 401)
  t.equal(looked, 5)
  isOAuthError(t, await asks({ client_id: 'client_6', client_secret: 'x' }), 429, 'temporarily_unavailable', /^too many failed requests/)
  t.equal(looked, 5)
  const elsewhere = await made.app.inject({
    method: 'POST',
    url: '/introspect',
    remoteAddress: '192.0.2.1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'client_id=x&token=x',
  })
  t.equal(elsewhere.statusCode, 401, 'another address has its own attempts')
})

t.test('an outage of the database is nobody’s failed attempt', async (t) => {
  const made = await start(t, { RATE_LIMIT_TOKEN: '2/1m' })
  const client = await made.register()
  const ask = () => made.post('/introspect', { token: 'x', client_id: client.client_id, client_secret: client.client_secret! })
  const { StorageUnavailable } = await import('#src/storage/storage.ts')
  const away = t.intercept(made.storage.grants, 'findForClient', { value: async () => Promise.reject(new StorageUnavailable('away')) })
  for (let n = 0; n < 5; n++) t.equal((await ask()).statusCode, 503)
  away.restore()
  t.equal((await ask()).statusCode, 200)
})
