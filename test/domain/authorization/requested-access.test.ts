import t from 'tap'
import type { Client } from '#src/domain/client/client.ts'
import type { RequestedClaims } from '#src/domain/authorization/claims-request.ts'
import { accessTo, decisions, parseRequestedAccess, permissions } from '#src/domain/authorization/requested-access.ts'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import { sampleClient, sampleResource, sampleUser } from '#test/support/records.ts'

const planets = sampleResource({ identifier: 'https://planets.example' })
const moons = sampleResource({
  id: 'resource_moons',
  identifier: 'https://moons.example/mcp',
  scopes: [
    { name: 'tools:read', description: 'Read moons' },
    { name: 'moons', description: 'Count' },
  ],
})
const allowing = createResourceRegistry([planets, moons], 'allow')
const refusing = createResourceRegistry([planets, moons], 'refuse')
const PLANETS = { identifier: planets.identifier, resource: planets }
const MOONS = { identifier: moons.identifier, resource: moons }

const ask = (
  parameters: { scope?: string; resource?: string | string[] },
  registry = allowing,
  client: Client = sampleClient(),
  claims?: RequestedClaims,
) => parseRequestedAccess(parameters, client, registry, claims)
const asked = (...given: Parameters<typeof ask>) => {
  const access = ask(...given)
  if (!access.ok) throw access.error
  return access.value
}

t.test('a scope is only granted if a resource of the request has it', async (t) => {
  const table: [string | undefined, string | string[], string[], string][] = [
    ['openid tools:write moons', 'https://planets.example/', ['openid', 'tools:write'], 'one resource'],
    ['moons tools:write', [planets.identifier, moons.identifier], ['moons', 'tools:write'], 'several: what any of them has'],
    ['tools:read openid', 'https://stranger.example', ['openid'], 'one that is not registered'],
    [
      undefined,
      planets.identifier,
      ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'tools:read', 'tools:write'],
      'no scope: all that this one has',
    ],
    ['tools:read unknown', planets.identifier, ['tools:read'], 'unknown ones are dropped'],
  ]
  for (const [scope, resource, scopes, why] of table)
    t.strictSame(asked({ ...(scope !== undefined && { scope }), resource }).scopes, scopes, why)
})

t.test('each resource appears once, spelled as registered, or as in the request if it is not registered', async (t) => {
  const resource = [
    'https://stranger.example/',
    'https://planets.example/',
    'https://stranger.example',
    'https://planets.example',
    moons.identifier,
  ]
  t.strictSame(asked({ resource }).targets, [{ identifier: 'https://stranger.example/', resource: undefined }, PLANETS, MOONS])
})

t.test('a client that names no resource means the one whose scopes it asks for, if there is exactly one', async (t) => {
  t.strictSame(asked({ scope: 'openid moons' }), { scopes: ['openid', 'moons'], targets: [MOONS] })
  t.strictSame(asked({ scope: 'openid tools:read' }), { scopes: ['openid'], targets: [] }, 'two have it')
  t.strictSame(asked({ scope: 'openid' }), { scopes: ['openid'], targets: [] })
  t.strictSame(asked({}), { scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'], targets: [] })
})

t.test(
  'a client that registered itself may ask a resource for more scopes than it registered (step-up), one that an operator added may not',
  async (t) => {
    const metadata = { scopes: ['openid', 'tools:read'] }
    const request = { scope: 'openid email tools:read tools:write offline_access', resource: planets.identifier }
    t.strictSame(asked(request, allowing, sampleClient({ metadata })).scopes, ['openid', 'tools:read', 'tools:write', 'offline_access'])
    t.strictSame(asked(request, allowing, sampleClient({ metadata, origin: 'operator' })).scopes, [
      'openid',
      'tools:read',
      'offline_access',
    ])
    t.strictSame(
      asked({ resource: planets.identifier }, allowing, sampleClient({ metadata })).scopes,
      ['openid', 'tools:read'],
      'asking for nothing: what it registered',
    )
  },
)

t.test('an unregistered resource is refused if the setting says so', async (t) => {
  const refused = {
    ok: false,
    error: { code: 'invalid_target', status: 400, description: /^https:\/\/stranger\.example is not a resource/ },
  }
  t.match(ask({ resource: [planets.identifier, 'https://stranger.example'] }, refusing), refused)
  t.match(ask({ resource: 'https://planets.example/' }, refusing), { ok: true })
  t.match(ask({}, refusing), { ok: true, value: { targets: [] } })
})

t.test('what a user allows at one resource is not allowed at another that has a scope of the same name (T5)', async (t) => {
  t.strictSame(permissions(asked({ scope: 'openid tools:read moons', resource: [planets.identifier, moons.identifier] })), [
    'openid',
    'tools:read https://planets.example',
    'tools:read https://moons.example/mcp',
    'moons https://moons.example/mcp',
  ])
  t.strictSame(permissions(asked({ scope: 'openid', resource: 'https://stranger.example' })), ['openid'])
})

t.test('every advertised scope appears once, the built-in ones first', async (t) => {
  t.strictSame(allowing.scopes, ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'tools:read', 'tools:write', 'moons'])
  t.strictSame(createResourceRegistry([], 'refuse').scopes, ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'])
})

t.test('T12: a client gets no scope beyond its registration policy, whether or not it had to register it', async (t) => {
  const bounded = sampleClient<'registration'>({ policy: { scopes: ['openid', 'tools:read'] } })
  for (const scope of ['openid email tools:read tools:write offline_access', '']) {
    t.strictSame(asked({ scope, resource: planets.identifier }, allowing, bounded).scopes, ['openid', 'tools:read'], scope)
  }
  t.strictSame(
    asked({ scope: 'email offline_access' }, allowing, sampleClient<'registration'>({ policy: {} })).scopes,
    ['email', 'offline_access'],
    'an empty policy bounds nothing',
  )
})

const claims: RequestedClaims = { idToken: { email: null }, userinfo: { nickname: ['Nell'], phone_number: null, address: null } }

t.test('a user consents to requested claims by their scopes, which the grant does not permit otherwise', async (t) => {
  const access = asked({ scope: 'openid email' }, allowing, sampleClient(), claims)
  t.strictSame(access.claims, claims)
  t.strictSame(permissions(access), ['openid', 'email'])
  t.strictSame(decisions(access), ['openid', 'email', 'profile', 'phone', 'address'])
  t.strictSame(decisions(asked({ scope: 'openid' })), ['openid'])
})

t.test('T12: asking for claims does not get around the scopes that a client may have', async (t) => {
  const registered = sampleClient({ metadata: { scopes: ['openid', 'email'] } })
  t.strictSame(asked({ scope: 'openid' }, allowing, registered, claims).claims, { idToken: { email: null }, userinfo: {} })
  t.strictSame(
    asked({ scope: 'openid' }, allowing, sampleClient<'registration'>({ policy: { scopes: ['openid', 'phone'] } }), claims).claims,
    {
      idToken: {},
      userinfo: { phone_number: null },
    },
  )
  t.equal(asked({ scope: 'openid' }, allowing, sampleClient<'registration'>({ policy: { scopes: ['openid'] } }), claims).claims, undefined)
  t.equal(asked({ scope: 'email' }, allowing, sampleClient(), claims).claims, undefined, 'without openid there is nobody to tell them to')
})

t.test('no user is asked for an unknown address or phone number, by scope or by claim', async (t) => {
  const access = asked({ scope: 'openid email address phone' }, allowing, sampleClient(), claims)
  const nobody = accessTo(access, sampleUser())
  t.strictSame(decisions(nobody), ['openid', 'email', 'profile'], 'other scopes say something of everybody')
  t.strictSame(nobody.claims, { idToken: { email: null }, userinfo: { nickname: ['Nell'] } })
  const reachable = accessTo(access, sampleUser({ profile: { phoneNumber: '+8221234567' } }))
  t.strictSame(decisions(reachable), ['openid', 'email', 'phone', 'profile'])
  t.strictSame(accessTo(access, sampleUser({ profile: { phoneNumber: '+8221234567', address: { country: 'KR' } } })), access)
})
