import fc from 'fast-check'
import t from 'tap'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import { clientTarget, narrowTarget } from '#src/domain/token/token-target.ts'
import { holds } from '#test/support/property.ts'
import { sampleClient, sampleGrant, sampleMetadata, sampleResource } from '#test/support/records.ts'

const planets = sampleResource({ identifier: 'https://a.example' })
const moons = sampleResource({
  id: 'resource_moons',
  identifier: 'https://moons.example/mcp',
  scopes: [{ name: 'moons', description: 'Count moons' }],
})
const allowing = createResourceRegistry([planets, moons], 'allow')
const refusing = createResourceRegistry([planets, moons], 'refuse')
const scopes = ['openid', 'tools:read https://a.example', 'moons https://moons.example/mcp', 'gone https://a.example']
const grant = sampleGrant({
  scopes,
  resources: ['https://b.example', 'https://a.example/', 'https://moons.example/mcp', 'https://c.example/'],
})
const refused = (code: string) => ({ ok: false, error: { code, status: 400 } })

t.test('a token is for one granted resource, spelled as registered, or as granted if it is not registered', async (t) => {
  const table: [string | string[], string | undefined, string][] = [
    [[], 'https://b.example', 'none named: the first'],
    ['https://moons.example/mcp', 'https://moons.example/mcp', 'one of them'],
    ['https://b.example/', 'https://b.example', 'a slash on an empty path'],
    ['https://c.example', 'https://c.example/', 'a missing slash on an empty path'],
    ['https://a.example/', 'https://a.example', 'registered'],
    [['https://b.example', 'https://b.example/'], 'https://b.example', 'twice the same'],
    [['https://b.example', 'https://c.example/'], undefined, 'several'],
    ['https://moons.example/mcp/', undefined, 'a slash behind a path is another resource'],
    ['https://moons.example', undefined, 'a parent'],
    ['https://B.example', undefined, 'another spelling of the host'],
    ['https://b.example/?', undefined, 'an empty query'],
    ['not a URI', undefined, 'no URI'],
  ]
  for (const [resource, audience, why] of table) {
    const target = narrowTarget(grant, { resource }, allowing, false)
    t.match(target, audience === undefined ? refused('invalid_target') : { ok: true, value: { audience } }, why)
  }
  t.match(narrowTarget(sampleGrant(), { resource: 'https://a.example' }, allowing, false), refused('invalid_target'), 'nothing was granted')
  t.match(narrowTarget(sampleGrant(), {}, allowing, false), { ok: true, value: { audience: undefined, resource: undefined } })
})

t.test('a token has the scopes of its resource, and the built-in ones', async (t) => {
  for (const [resource, expected, registered] of [
    ['https://a.example', ['openid', 'tools:read'], planets],
    ['https://moons.example/mcp', ['openid', 'moons'], moons],
    ['https://b.example', ['openid'], undefined],
  ] as const) {
    t.strictSame(
      narrowTarget(grant, { resource }, allowing, false),
      { ok: true, value: { scopes: expected, audience: resource, resource: registered } },
      resource,
    )
  }
})

t.test('a refresh may narrow the scope, and not widen it; an exchange has no such parameter (RFC 6749 section 6)', async (t) => {
  const resource = 'https://a.example'
  t.match(narrowTarget(grant, { resource, scope: 'tools:read' }, allowing, true), { ok: true, value: { scopes: ['tools:read'] } })
  t.match(
    narrowTarget(grant, { resource, scope: 'moons' }, allowing, true),
    { ok: true, value: { scopes: [] } },
    'granted, but for another resource',
  )
  t.match(narrowTarget(grant, { resource, scope: ' ' }, allowing, true), { ok: true, value: { scopes: ['openid', 'tools:read'] } })
  t.match(narrowTarget(grant, { resource, scope: 'openid tools:write' }, allowing, true), refused('invalid_scope'))
  t.match(narrowTarget(grant, { resource, scope: 'tools:write' }, allowing, false), {
    ok: true,
    value: { scopes: ['openid', 'tools:read'] },
  })
})

t.test('if only registered resources are accepted, earlier grants only count for these', async (t) => {
  t.match(narrowTarget(grant, {}, refusing, true), { ok: true, value: { audience: 'https://a.example' } }, 'the first of them')
  t.match(narrowTarget(grant, { resource: 'https://b.example' }, refusing, true), refused('invalid_target'))
  t.match(
    narrowTarget(sampleGrant({ resources: ['https://b.example'] }), {}, refusing, true),
    refused('invalid_target'),
    'never the issuer instead',
  )
  t.match(narrowTarget(sampleGrant(), {}, refusing, true), { ok: true, value: { audience: undefined } })
})

t.test('a client gets registered scopes of one resource for itself, and none about a user', async (t) => {
  const client = (...registered: string[]) => sampleClient({ metadata: sampleMetadata({ scopes: registered }) })
  const [any, reader] = [client(), client('tools:read', 'openid')]
  const both = ['tools:read', 'tools:write']
  for (const [form, who, expected] of [
    [{ resource: 'https://a.example/' }, any, { scopes: both, audience: 'https://a.example', resource: planets }],
    [{ resource: 'https://a.example' }, reader, { scopes: ['tools:read'] }],
    [{ scope: 'tools:write tools:read gone openid', resource: 'https://a.example' }, reader, { scopes: ['tools:read'] }],
    [{ scope: 'moons' }, any, { scopes: ['moons'], audience: 'https://moons.example/mcp', resource: moons }],
    [{ resource: 'https://b.example' }, any, { scopes: [], audience: 'https://b.example', resource: undefined }],
    [{}, any, { scopes: [], audience: undefined, resource: undefined }],
  ] as const)
    t.match(clientTarget(form, who, allowing), { ok: true, value: expected }, JSON.stringify(form))
  for (const scope of ['openid', 'offline_access', 'profile email', 'tools:write']) {
    t.match(clientTarget({ scope, resource: 'https://a.example' }, reader, allowing), refused('invalid_scope'), scope)
  }
  for (const resource of ['no URI', ['https://a.example', 'https://b.example'], 'https://a.example#x'])
    t.match(clientTarget({ resource: [resource].flat() }, any, allowing), refused('invalid_target'))
  t.match(clientTarget({ resource: 'https://b.example' }, any, refusing), refused('invalid_target'))
})

t.test('property: whatever is requested, a token never exceeds its grant', async (t) => {
  const resources = fc.array(fc.oneof(fc.webUrl(), fc.string(), fc.constantFrom('https://a.example', 'https://a.example/', 'urn:x')))
  const some = fc.subarray(['openid', 'email', 'tools:read', 'moons'])
  const permitted = fc.subarray([
    'openid',
    'email',
    'tools:read https://a.example',
    'tools:read https://moons.example/mcp',
    'moons https://a.example',
  ])
  const within = (granted: string[], resource: string[], held: string[], scope: string[]) => {
    const target = narrowTarget(sampleGrant({ scopes: held, resources: granted }), { resource, scope: scope.join(' ') }, allowing, true)
    if (!target.ok) return true
    const { audience } = target.value
    const known = audience === undefined ? granted.length === 0 : granted.includes(audience) || granted.includes(`${audience}/`)
    const own = target.value.resource?.identifier ?? ''
    return known && target.value.scopes.every((each) => held.includes(each) || held.includes(`${each} ${own}`))
  }
  holds(t, fc.property(resources, resources, permitted, some, within))
})
