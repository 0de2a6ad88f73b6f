// Personal access tokens where they count: introspection, UserInfo, and the exchange for a short JWT (RFC 8693). And where they don't.
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import type { Resource } from '#src/domain/resource/resource.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { createApi, credentials } from '#test/support/api.ts'
import { addUser } from '#test/support/authorization.ts'
import { createProofKey } from '#test/support/clients/dpop.ts'
import { SECRET_OF_RESOURCE, addPersonalToken, addResource } from '#test/support/people/personal-tokens.ts'

type Body = Record<string, string>

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const api = await createApi(t, { PERSONAL_TOKENS: 'on' })
const { app, storage, clock } = api
const ada = await addUser(api, 'ada', 'engine')
const sky = await addResource(api)
const sea = await addResource(api, { id: 'resource_sea', identifier: 'https://sea.example/mcp', scopes: [], accessTokenAlg: 'RS256' })

const introspect = async (token: string, { id }: Pick<Resource, 'id'> = sky) =>
  (await api.post('/introspect', { token, client_id: id, client_secret: SECRET_OF_RESOURCE })).json<object>()
const userinfo = (token: string) => app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })
const request = { grant_type: EXCHANGE, client_id: 'personal-access-token', subject_token_type: ACCESS_TOKEN }
const exchange = (subject_token: string, more: Body = {}, headers: Body = {}) =>
  api.post('/token', { ...request, subject_token, ...more }, headers)
const exchanged = async (text: string) => (await exchange(text)).json<Body>()['access_token']!

/** Changes a resource, and waits until every node knows. */
async function change(resource: Resource, members: Partial<Resource>): Promise<void> {
  const before = (await storage.resources.find(resource.id))!
  await storage.resources.update({ before, after: { ...before, ...members, updatedAt: before.updatedAt + 1 } })
  clock.now += FRESH_MS
}

t.test('a token is known to its resource, and to nobody else', async (t) => {
  const { text, record } = await addPersonalToken(api, ada, sky)
  t.match(await introspect(text), {
    active: true,
    token_type: 'Bearer',
    sub: ada,
    username: 'ada',
    client_id: 'personal-access-token',
    scope: 'sky:read sky:move',
    aud: sky.identifier,
    exp: Math.floor(record.expiresAt / 1000),
  })
  t.strictSame(await introspect(text, sea), { active: false })
  const client = await api.register()
  t.strictSame((await api.post('/introspect', { token: text, ...credentials(client) })).json(), { active: false })
})

t.test('its use is recorded once an hour', async (t) => {
  const { text, record } = await addPersonalToken(api, ada, sky)
  const lastUsed = async () => (await storage.personalTokens.find(record.tokenHash, clock.now))?.token.lastUsedAt
  await introspect(text)
  const first = clock.now
  clock.now += 60_000
  await introspect(text)
  t.equal(await lastUsed(), first)
  clock.now += 3_600_000
  await introspect(text)
  t.equal(await lastUsed(), clock.now)
})

t.test('a token that is mistyped, expired, revoked, or of somebody who is disabled, is refused at once', async (t) => {
  const { text, record } = await addPersonalToken(api, ada, sky)
  t.strictSame(await introspect(text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')), { active: false })
  await storage.personalTokens.revoke(record.id, ada)
  t.strictSame(await introspect(text), { active: false })
  const short = await addPersonalToken(api, ada, sky, { expiresAt: clock.now + 1000 })
  t.match(await introspect(short.text), { active: true })
  clock.now += 1000
  t.strictSame(await introspect(short.text), { active: false })
  const eve = await addUser(api, 'eve', 'apple')
  const hers = await addPersonalToken(api, eve, sky)
  await storage.users.disable(eve, clock.now)
  t.strictSame(await introspect(hers.text), { active: false })
  t.match((await exchange(hers.text)).json(), { error: 'invalid_request' })
})

t.test('UserInfo answers a token with openid only', async (t) => {
  const { text } = await addPersonalToken(api, ada, sky)
  t.match((await userinfo(text)).json(), { error: 'insufficient_scope' })
  const open = await addPersonalToken(api, ada, sky, { scopes: ['openid', 'profile'] })
  t.match((await userinfo(open.text)).json(), { sub: ada, preferred_username: 'ada' })
})

t.test('it is no refresh token, no code, and opens no management', async (t) => {
  const { text, record } = await addPersonalToken(api, ada, sky)
  const client = await api.register()
  for (const form of [
    { grant_type: 'refresh_token', refresh_token: text },
    { grant_type: 'authorization_code', code: text, redirect_uri: 'https://client.example/callback', code_verifier: 'v'.repeat(43) },
  ])
    t.match((await api.post('/token', { ...form, ...credentials(client) })).json(), { error: 'invalid_grant' })
  const headers = { authorization: `Bearer ${text}` }
  t.equal((await app.inject({ url: `/register/${client.client_id}`, headers })).statusCode, 401)
  t.equal((await app.inject({ method: 'DELETE', url: `/register/${client.client_id}`, headers })).statusCode, 401)
  const page = await app.inject({ url: '/account/tokens', headers: { ...headers, cookie: `solar-session=${text}` } })
  t.match(page.body, 'class="page-login"')
  t.match((await api.post('/revoke', { token: text, ...credentials(client) })).json(), { error: 'invalid_grant' })
  t.ok(await storage.personalTokens.find(record.tokenHash, clock.now))
})

t.test('the exchange gives a short JWT for the same resource, which ends with the token', async (t) => {
  const { text, record } = await addPersonalToken(api, ada, sky)
  const response = await exchange(text)
  const issued = response.json<Body>()
  t.match(issued, { token_type: 'Bearer', issued_token_type: ACCESS_TOKEN, expires_in: 300, scope: 'sky:read sky:move' })
  t.notOk('refresh_token' in issued || 'id_token' in issued)
  t.equal(response.headers['cache-control'], 'no-store')
  const jwt = issued['access_token']!
  t.match(decodeProtectedHeader(jwt), { typ: 'at+jwt', alg: 'ES256' })
  t.match(decodeJwt(jwt), { sub: ada, aud: sky.identifier, client_id: 'personal-access-token', pid: record.id })
  t.match(await introspect(jwt), { active: true, username: 'ada', scope: 'sky:read sky:move' })
  const other = await exchanged(text)
  await storage.grants.revokeAccessToken(decodeJwt(jwt).jti!, clock.now + 300_000)
  t.strictSame(await introspect(jwt), { active: false })
  t.match(await introspect(other), { active: true })
  await storage.personalTokens.revoke(record.id, ada)
  t.strictSame(await introspect(other), { active: false })
})

t.test('the exchange narrows, and reaches no further than the token', async (t) => {
  const { text } = await addPersonalToken(api, ada, sky, { expiresAt: clock.now + 60_000 })
  const narrow = { scope: 'sky:read', resource: sky.identifier, audience: sky.identifier }
  t.match((await exchange(text, narrow)).json(), { scope: 'sky:read', expires_in: 60 })
  t.match((await exchange(text, { scope: 'sky:read openid' })).json(), { error: 'invalid_scope' })
  t.match((await exchange(text, { scope: 'sky"read' })).json(), { error: 'invalid_scope' })
  for (const name of ['resource', 'audience'])
    t.match((await exchange(text, { [name]: sea.identifier })).json(), { error: 'invalid_target' })
  const other = await addPersonalToken(api, ada, sea, { scopes: [] })
  const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
  const issued = (await exchange(other.text, { requested_token_type: jwtType })).json<Body>()
  t.match(issued, { issued_token_type: jwtType, scope: '' })
  t.match(decodeProtectedHeader(issued['access_token']!), { alg: 'RS256' })
  clock.now += 59_500
  t.match((await exchange(text)).json(), { error: 'invalid_request' }, 'less than a second is left')
})

t.test('what is exchanged lives no longer than tokens of the resource, and is bound to a key that is proven', async (t) => {
  const members = { scopes: [], accessTokenTtl: 60, groupsClaim: true } as const
  const brief = await addResource(api, { id: 'resource_brief', identifier: 'https://brief.example/', ...members })
  const { text } = await addPersonalToken(api, ada, brief, { scopes: [] })
  const key = await createProofKey(() => clock.now)
  const issued = (await exchange(text, {}, { dpop: await key.prove('POST', `${api.config.issuer}/token`) })).json<Body>()
  t.match(issued, { token_type: 'DPoP', expires_in: 60 })
  t.match(decodeJwt(issued['access_token']!), { cnf: { jkt: key.jkt }, groups: [] })
  t.match((await exchange(text, {}, { dpop: 'no proof' })).json(), { error: 'invalid_dpop_proof' })
})

t.test('an exchange that is not quite one is refused', async (t) => {
  const { text } = await addPersonalToken(api, ada, sky)
  const wrong: [Body, string][] = [
    [{ subject_token: '' }, 'invalid_request'],
    [{ subject_token_type: '' }, 'invalid_request'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    [{ actor_token: text }, 'invalid_request'],
    [{ subject_token: 'ssp_made_up' }, 'invalid_request'],
    [{ subject_token: 'x'.repeat(9000) }, 'invalid_request'],
    [{ client_secret: 'secret' }, 'invalid_client'],
    [{ client_assertion: 'a.b.c' }, 'invalid_client'],
    [{ grant_type: '' }, 'invalid_request'],
    [{ grant_type: 'client_credentials' }, 'unauthorized_client'],
    [{ grant_type: 'refresh_token', refresh_token: text }, 'unauthorized_client'],
  ]
  for (const [more, error] of wrong) t.match((await exchange(text, more)).json(), { error }, JSON.stringify(more).slice(0, 80))
  t.match((await exchange(text, {}, { authorization: 'Basic eDp5' })).json(), { error: 'invalid_client' })
  t.match((await exchange(await exchanged(text))).json(), { error: 'invalid_request' }, 'what was exchanged is not exchanged again')
  const client = await api.register()
  t.match((await api.post('/token', { ...request, subject_token: text, ...credentials(client) })).json(), { error: 'unauthorized_client' })
})

t.test('nobody registers, authorizes or introspects as the client of these tokens', async (t) => {
  const payload = { redirect_uris: ['https://a.example/'], grant_types: [EXCHANGE] }
  const registered = (await app.inject({ method: 'POST', url: '/register', payload })).json<{ grant_types?: string[] }>()
  t.notOk(registered.grant_types?.includes(EXCHANGE))
  const query = 'client_id=personal-access-token&response_type=code&redirect_uri=https://a.example/'
  t.equal((await app.inject(`/authorize?${query}`)).statusCode, 400)
  for (const path of ['/introspect', '/device_authorization', '/revoke'])
    t.match((await api.post(path, { token: 'x', client_id: 'personal-access-token' })).json(), { error: 'invalid_client' }, path)
})

t.test('a resource that refuses such tokens, or is gone, gets none', async (t) => {
  const { text } = await addPersonalToken(api, ada, sky)
  const jwt = await exchanged(text)
  await change(sky, { refusesPersonalTokens: true })
  for (const token of [text, jwt]) t.strictSame(await introspect(token), { active: false })
  t.match((await exchange(text)).json(), { error: 'invalid_request' })
  await change(sky, { refusesPersonalTokens: undefined })
  t.match(await introspect(text), { active: true })
  await change(sky, { scopes: sky.scopes.slice(0, 1) })
  t.match(await introspect(text), { scope: 'sky:read' }, 'a scope that is gone')
  const gone = await addResource(api, { id: 'resource_gone', identifier: 'https://gone.example/' })
  const lost = await addPersonalToken(api, ada, gone)
  await storage.resources.delete(gone.id)
  t.match((await exchange(lost.text)).json(), { error: 'invalid_request' })
})

t.test('rules of access count at every use', async (t) => {
  const closed = await addResource(api, { id: 'resource_closed', identifier: 'https://closed.example/' })
  const { text } = await addPersonalToken(api, ada, closed)
  const rule = { resourceId: closed.id, effect: 'deny', who: { kind: 'user', userId: ada }, createdAt: clock.now } as const
  await storage.accessRules.insert({ ...rule, id: 'some', scopes: ['sky:move'] })
  clock.now += FRESH_MS
  t.match(await introspect(text, closed), { scope: 'sky:read' })
  t.match((await exchange(text)).json(), { scope: 'sky:read' })
  t.match((await exchange(text, { scope: 'sky:move' })).json(), { error: 'invalid_scope' })
  await storage.accessRules.insert({ ...rule, id: 'all' })
  clock.now += FRESH_MS
  t.strictSame(await introspect(text, closed), { active: false })
  t.match((await exchange(text)).json(), { error: 'invalid_target' })
})

t.test('the metadata name the exchange only where it is on; where it is off, no such token counts', async (t) => {
  const types = async (of: typeof api) =>
    (await of.app.inject('/.well-known/oauth-authorization-server')).json<{ grant_types_supported: string[] }>().grant_types_supported
  t.ok((await types(api)).includes(EXCHANGE))
  const { text } = await addPersonalToken(api, ada, sea, { scopes: [] })
  const jwt = await exchanged(text)
  const off = await createApi(t)
  t.notOk((await types(off)).includes(EXCHANGE))
  const resource = await addResource(off)
  const theirs = await addPersonalToken(off, await addUser(off, 'ada', 'engine'), resource)
  for (const token of [theirs.text, jwt])
    t.strictSame((await off.post('/introspect', { token, client_id: resource.id, client_secret: SECRET_OF_RESOURCE })).json(), {
      active: false,
    })
  t.match((await off.post('/token', { ...request, subject_token: theirs.text })).json(), { error: 'invalid_client' })
  const client = await off.register()
  const form = { ...request, subject_token: theirs.text, ...credentials(client) }
  t.match((await off.post('/token', form)).json(), { error: 'unsupported_grant_type' })
})
