// The claim `groups`: who learns it, and from when on.
import { decodeJwt } from 'jose'
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { createApi, credentials } from '#test/support/api.ts'
import { addResource } from '#test/storage/conformance/records.ts'

const api = await createApi(t)
const { storage, clock } = api
const { id: userId } = (await storage.users.findAdministrator())!
const asking = await addResource(storage, { identifier: 'https://asks.example/mcp', groupsClaim: true })
const opaque = await addResource(storage, { identifier: 'https://opaque.example/mcp', groupsClaim: true, accessTokenFormat: 'opaque' })
const silent = await addResource(storage, { identifier: 'https://silent.example/mcp' })
clock.now += FRESH_MS
await storage.groups.insert({ name: 'staff', description: '', createdAt: clock.now })
const client = await api.register()
const tokens = (identifier: string) => api.tokens(client, { scopes: ['openid', 'offline_access'], resources: [identifier] })
const refresh = async (refresh_token: string) =>
  (await api.post('/token', { grant_type: 'refresh_token', refresh_token, ...credentials(client) })).json<{
    access_token: string
    refresh_token: string
  }>()
const introspect = async (token: string) =>
  (await api.post('/introspect', { token, ...credentials(client) })).json<{ groups?: string[] }>().groups
const userinfo = async (token: string) =>
  (await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })).json<{ groups?: string[] }>().groups

t.test('a token for a resource that asks names the groups of its user, from the refresh after a change', async (t) => {
  const first = await tokens(asking.identifier)
  t.strictSame(decodeJwt(first.access_token)['groups'], [])
  await storage.groups.join({ group: 'staff', userId, source: 'manual', since: clock.now })
  const second = await refresh(first.refresh_token!)
  t.strictSame(decodeJwt(second.access_token)['groups'], ['staff'])
  t.strictSame(
    [await introspect(first.access_token), await userinfo(first.access_token)],
    [['staff'], ['staff']],
    'looked up, it is so at once',
  )
  await storage.groups.leave({ group: 'staff', userId, source: 'manual' })
  t.strictSame([await introspect(second.access_token), await userinfo(second.access_token)], [[], []])
})

t.test('an opaque token brings them, too, and nobody else learns of them', async (t) => {
  await storage.groups.join({ group: 'staff', userId, source: 'manual', since: clock.now })
  const { access_token } = await tokens(opaque.identifier)
  t.strictSame([await introspect(access_token), await userinfo(access_token)], [['staff'], ['staff']])
  const other = await tokens(silent.identifier)
  t.notOk('groups' in decodeJwt(other.access_token))
  t.strictSame([await introspect(other.access_token), await userinfo(other.access_token)], [undefined, undefined])
})

t.test('a resource that asks no more learns no more, not even from older tokens', async (t) => {
  const { access_token } = await tokens(asking.identifier)
  t.strictSame(await introspect(access_token), ['staff'])
  await storage.resources.update({ before: asking, after: { ...asking, groupsClaim: undefined, updatedAt: clock.now } })
  clock.now += FRESH_MS
  t.strictSame([await introspect(access_token), await userinfo(access_token)], [undefined, undefined])
})
