// Access rules at issue, refresh, introspection and for machines: what is allowed now counts, and the grant keeps what was consented.
import { decodeJwt } from 'jose'
import t from 'tap'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { addMachine, addRule } from '#test/support/access.ts'
import { createApi, credentials } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { captureLog } from '#test/support/log.ts'
import { addResource } from '#test/storage/conformance/records.ts'

const log = captureLog()
const api = await createApi(t, {}, log.logger)
const { storage, clock } = api
const { id: userId } = (await storage.users.findAdministrator())!
const client = await api.register()
const scopes = ['read', 'write'].map((name) => ({ name, description: name }))
const HELEN = { who: { kind: 'user', userId } } as const
const NOBODY = { who: { kind: 'user', userId: 'nobody' } } as const

interface Answer {
  access_token: string
  refresh_token: string
  scope: string
  error?: string
  error_description?: string
}

let made = 0
async function addPlanets(format: 'jwt' | 'opaque' = 'jwt') {
  const resource = await addResource(storage, { identifier: `https://planets-${made++}.example/mcp`, scopes, accessTokenFormat: format })
  clock.now += FRESH_MS
  const permissions = ['openid', 'offline_access', ...['read', 'write'].map((scope) => permissionAt(scope, resource.identifier))]
  const options = { scopes: permissions, resources: [resource.identifier] }
  const tokens = async () => (await api.tokens(client, options)) as Answer
  return { resource, options, tokens }
}

const ask = async (form: Record<string, string>, by: TestClient = client) =>
  (await api.post('/token', { ...form, ...credentials(by) })).json<Answer>()
const refresh = (refresh_token: string, more: Record<string, string> = {}) => ask({ grant_type: 'refresh_token', refresh_token, ...more })
const introspect = async (token: string) =>
  (await api.post('/introspect', { token, ...credentials(client) })).json<{ active: boolean; scope?: string }>()
/** Each as often as it was counted. */
const denialsSince = async (since: number) =>
  (await storage.auditEvents.list({ since, limit: 100 }))
    .filter(({ name }) => name === 'access.denied')
    .flatMap(({ details, times = 1 }) => Array.from({ length: times }, () => details['denial']))

t.test('a scope that is not allowed any more is gone at the next refresh, and returns with its rule', async (t) => {
  const { resource, tokens } = await addPlanets()
  const first = await tokens()
  t.equal(first.scope, 'openid offline_access read write')
  const rule = await addRule(api, resource.id, 'deny', { scopes: ['write'] })
  const second = await refresh(first.refresh_token)
  t.strictSame([second.scope, decodeJwt(second.access_token)['scope']], ['openid offline_access read', 'openid offline_access read'])
  const asked = await refresh(second.refresh_token, { scope: 'openid write' })
  t.match(asked, { error: 'invalid_scope', error_description: 'scope exceeds what is allowed now' })
  t.match(await refresh(second.refresh_token, { scope: 'openid nothing' }), {
    error: 'invalid_scope',
    error_description: 'scope exceeds what was granted',
  })
  t.equal((await refresh(second.refresh_token, { scope: 'read' })).scope, 'read', 'the family lives')
  const third = await refresh((await tokens()).refresh_token)
  await storage.accessRules.delete(rule.id)
  clock.now += FRESH_MS
  t.equal((await refresh(third.refresh_token)).scope, 'openid offline_access read write')
})

t.test('where nothing is left the answer is invalid_grant, the family lives, and the operator learns the rule', async (t) => {
  const { resource, tokens, options } = await addPlanets()
  const first = await tokens()
  const code = await api.code(client, options)
  const since = clock.now
  const rule = await addRule(api, resource.id, 'allow', NOBODY)
  const named = { resource: resource.identifier }
  for (const more of [{}, named]) {
    t.match(await refresh(first.refresh_token, more), {
      error: 'invalid_grant',
      error_description: 'nothing of what was granted is allowed now',
    })
  }
  const exchanged = await ask({ grant_type: 'authorization_code', code, redirect_uri: 'https://client.example/callback' })
  t.match(exchanged, { error: 'invalid_grant' })
  const words = `${resource.identifier}: no rule allows it`
  t.strictSame(await denialsSince(since), [words, words, words])
  t.ok(log.lines().some(({ error, detail }) => error === 'invalid_grant' && detail === words))
  t.notMatch(JSON.stringify(exchanged), rule.id)
  await addRule(api, resource.id, 'allow', HELEN)
  t.equal((await refresh(first.refresh_token)).scope, 'openid offline_access read write')
})

t.test('of several resources, the first that is allowed is the audience, and a denied one that is named is refused', async (t) => {
  const [planets, moons] = [await addPlanets(), await addPlanets()]
  const both = {
    scopes: [...planets.options.scopes, ...moons.options.scopes],
    resources: [...planets.options.resources, ...moons.options.resources],
  }
  const { refresh_token } = (await api.tokens(client, both)) as Answer
  await addRule(api, planets.resource.id, 'deny')
  const next = await refresh(refresh_token)
  t.equal(decodeJwt(next.access_token).aud, moons.resource.identifier)
  t.match(await refresh(next.refresh_token, { resource: planets.resource.identifier }), { error: 'invalid_grant' })
  await addRule(api, moons.resource.id, 'deny', { scopes: ['write'] })
  t.match(await refresh(next.refresh_token, { scope: 'write', resource: moons.resource.identifier }), { error: 'invalid_scope' })
})

t.test('a token that is looked up opens what is allowed now', async (t) => {
  for (const format of ['jwt', 'opaque'] as const) {
    const { resource, tokens } = await addPlanets(format)
    const { access_token, refresh_token } = await tokens()
    await storage.groups.insert({ name: `staff-${format}`, description: '', createdAt: clock.now })
    const membership = { group: `staff-${format}`, userId, source: 'provider:google' } as const
    await storage.groups.join({ ...membership, since: clock.now })
    await addRule(api, resource.id, 'allow', { scopes: ['read'] })
    await addRule(api, resource.id, 'allow', { who: { kind: 'group', group: membership.group }, scopes: ['write'] })
    t.match(await introspect(access_token), { active: true, scope: 'openid offline_access read write' })
    await storage.groups.leave(membership)
    t.match(await introspect(access_token), { active: true, scope: 'openid offline_access read' }, 'a lost group counts at once')
    t.match(await introspect(refresh_token), { active: true, scope: 'openid offline_access read' })
    await addRule(api, resource.id, 'deny')
    t.strictSame(await introspect(access_token), { active: false })
    t.match(await introspect(refresh_token), { active: true, scope: 'openid offline_access' }, 'the family lives')
    const userinfo = await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } })
    t.equal(userinfo.statusCode, 200, 'who somebody is, is no matter of rules')
  }
})

t.test('a client gets a token for itself as far as rules about everybody allow', async (t) => {
  const machine = await addMachine(api)
  const { resource } = await addPlanets()
  const own = (scope?: string) =>
    ask({ grant_type: 'client_credentials', resource: resource.identifier, ...(scope !== undefined && { scope }) }, machine)
  const { access_token, scope } = await own()
  t.equal(scope, 'read write')
  const since = clock.now
  const rule = await addRule(api, resource.id, 'deny', { scopes: ['write'] })
  t.equal((await own()).scope, 'read')
  t.match(await own('read write'), { error: 'invalid_scope' })
  t.match((await api.post('/introspect', { token: access_token, ...credentials(machine) })).json(), { active: true, scope: 'read' })
  await addRule(api, resource.id, 'allow', HELEN)
  t.match(await own(), { error: 'invalid_target' })
  t.strictSame(await denialsSince(since), [
    `${resource.identifier}: no rule allows it`,
    `write at ${resource.identifier}: denied by rule ${rule.id}`,
  ])
  t.match((await api.post('/introspect', { token: access_token, ...credentials(machine) })).json(), { active: false })
})
