// MAX_CLIENTS and SHARE_IDENTICAL_CLIENTS: how many clients there are (threat-model.md T18).
import t from 'tap'
import type { Test } from 'tap'
import { createApp } from '#test/support/app.ts'
import { apiOf, createApi, isOAuthError } from '#test/support/api.ts'
import type { Api } from '#test/support/api.ts'
import { CHATGPT, CLAUDE_CODE, serveDocuments } from '#test/support/clients/client-documents.ts'
import { stub } from '#test/support/stub.ts'

const atCap = (t: Test, max: number, env: Record<string, string> = {}) =>
  createApi(t, { MAX_CLIENTS: String(max), RATE_LIMIT_REGISTER: 'off', ...env })
const post = ({ app }: Api) =>
  app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: ['https://client.example/callback'] } })
const isKept = async ({ storage }: Api, { client_id }: { client_id: string }) => (await storage.clients.find(client_id)) !== undefined

t.test('at the cap the oldest client that nobody allowed makes room for the next one', async (t) => {
  const api = await atCap(t, 3)
  const clients = []
  for (let n = 0; n < 5; n++) {
    api.clock.now += 1
    clients.push(await api.register())
  }
  t.strictSame(await Promise.all(clients.map((client) => isKept(api, client))), [false, false, true, true, true])
  t.equal(await api.storage.clients.count(), 3)
})

t.test('apps that wait for approval count, and make room; one that was approved stays', async (t) => {
  const api = await atCap(t, 2, { CLIENTS: 'approve' })
  const { storage } = api
  const approved = await api.register()
  t.ok(await storage.clients.approve((await storage.clients.find(approved.client_id))!))
  const waiting = []
  for (let n = 0; n < 3; n++) {
    api.clock.now += 1
    waiting.push(await api.register())
  }
  t.strictSame([await storage.clients.count(), await storage.clients.countWaiting()], [2, 1])
  t.strictSame(await Promise.all([approved, ...waiting].map((client) => isKept(api, client))), [true, false, false, true])
})

t.test('clients that register together do not exceed the cap', async (t) => {
  const api = await atCap(t, 5)
  const statuses = (await Promise.all(Array.from({ length: 20 }, () => post(api)))).map(({ statusCode }) => statusCode)
  t.strictSame(new Set(statuses), new Set([201]))
  t.equal(await api.storage.clients.count(), 5)
})

t.test('a server whose clients are all in use, or made by a person, takes no more until one goes', async (t) => {
  const api = await atCap(t, 2)
  const used = await api.register()
  const { refresh_token = '' } = await api.tokens(used)
  const made = await api.register()
  await api.storage.clients.delete(made.client_id)
  await api.storage.clients.insert({
    id: 'made',
    metadata: (await api.storage.clients.find(used.client_id))!.metadata,
    origin: 'operator',
    createdAt: 0,
  })
  const refused = await post(api)
  isOAuthError(t, refused, 503, 'temporarily_unavailable', 'this server has as many clients as it may have: try again later')
  t.match(refused.headers['retry-after'], /^\d+$/)
  t.ok(await isKept(api, used), 'a live grant keeps its client')
  await api.post('/revoke', { token: refresh_token, client_id: used.client_id, client_secret: used.client_secret! })
  await api.storage.clients.delete('made')
  t.equal((await post(api)).statusCode, 503, 'for a minute nobody looks again')
  api.clock.now += 60_000
  t.equal((await post(api)).statusCode, 201)
})

t.test('a cap that was lowered is reached by and by, without a pause', async (t) => {
  const api = await atCap(t, 200)
  const { metadata } = (await api.storage.clients.find((await api.register()).client_id))!
  for (let n = 0; n < 400; n++) await api.storage.clients.insert({ id: `more-${n}`, metadata, origin: 'registration', createdAt: n })
  api.clock.now += 60_000
  for (let n = 0; n < 250; n++) await api.register()
  const count = await api.storage.clients.count()
  t.ok(count <= 200 && count > 190, `${count} are left`)
})

t.test('without a cap clients are not counted', async (t) => {
  const api = await createApi(t, { MAX_CLIENTS: 'off' })
  stub(api.storage.clients, { count: () => Promise.reject(new Error('counted')) })
  t.equal((await post(api)).statusCode, 201)
})

t.test('clients are counted once a minute, not at each registration', async (t) => {
  const api = await atCap(t, 1000)
  const { count } = api.storage.clients
  let counted = 0
  stub(api.storage.clients, {
    count: () => {
      counted += 1
      return count()
    },
  })
  for (let n = 0; n < 10; n++) await api.register()
  t.equal(counted, 1)
  api.clock.now += 60_000
  await api.register()
  t.equal(counted, 2)
})

t.test('a metadata document that is new needs room like a registration', async (t) => {
  const documents = await serveDocuments(t)
  const api = apiOf(await createApp(t, { MAX_CLIENTS: '1' }, undefined, { safeFetch: documents }))
  const ask = (id: string) =>
    api.app.inject({
      url: `/authorize?${new URLSearchParams({ client_id: id, redirect_uri: 'https://evil.example/' }).toString()}`,
      headers: { accept: 'application/json' },
    })
  const unknown = 'redirect_uri is not one that this client registered'
  t.match((await ask(CHATGPT.client_id)).json(), { error_description: unknown })
  t.match((await ask(CLAUDE_CODE.client_id)).json(), { error_description: unknown })
  t.strictSame(
    (await api.storage.clients.list({ limit: 9 })).map(({ id }) => id),
    [CLAUDE_CODE.client_id],
  )
  await api.tokens({ client_id: CLAUDE_CODE.client_id })
  api.clock.now += 60_000
  const refused = await ask(CHATGPT.client_id)
  t.match(
    [refused.statusCode, refused.json()],
    [503, { error: 'temporarily_unavailable', error_description: /as many clients as it may have/ }],
  )
})

t.test('clients that register the same share a record, if the operator wants it so', async (t) => {
  const api = await createApi(t, { SHARE_IDENTICAL_CLIENTS: 'true' })
  const claude = { client_name: 'Claude', redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], token_endpoint_auth_method: 'none' }
  const together = await Promise.all(Array.from({ length: 8 }, () => api.register(claude)))
  api.clock.now += 5000
  const later = await api.register({
    token_endpoint_auth_method: 'none',
    redirect_uris: claude.redirect_uris,
    client_name: 'Claude',
    unknown: 1,
  })
  t.equal(new Set([...together, later].map(({ client_id }) => client_id)).size, 1)
  t.match(later, { client_name: 'Claude', client_id_issued_at: Math.floor(api.clock.now / 1000) })
  t.match(await api.storage.clients.find(later.client_id), { shared: true })
  const others = [
    { ...claude, client_name: 'Claude ' + 'x' },
    { ...claude, scope: 'openid' },
    { ...claude, token_endpoint_auth_method: 'client_secret_basic' },
  ]
  for (const other of [...others, others[2]!]) t.not((await api.register(other)).client_id, later.client_id)
  t.equal(await api.storage.clients.count(), 5, 'two with a secret are two')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# It SHOULD NOT be currently valid for any other registered client, though an authorization server MAY issue the same client identifier to multiple instances of a registered client at its discretion.
t.test('by default each registration is a client of its own', async (t) => {
  const api = await createApi(t)
  const [one, other] = [
    await api.register({ token_endpoint_auth_method: 'none' }),
    await api.register({ token_endpoint_auth_method: 'none' }),
  ]
  t.not(one.client_id, other.client_id)
  t.match(await api.storage.clients.find(one.client_id), { shared: undefined })
})
