// What is left of what was asked or consented.
import t from 'tap'
import { createAccessPolicy } from '#src/domain/access/decide-access.ts'
import { accessNow, describeDenial, grantNow, scopesNow } from '#src/domain/access/rights-now.ts'
import type { AccessRule } from '#src/domain/access/access-rule.ts'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import { makeRule } from '#test/support/access.ts'
import { sampleGrant, sampleResource } from '#test/support/records.ts'

const scopes = ['read', 'write'].map((name) => ({ name, description: name }))
const planets = sampleResource({ identifier: 'https://planets.example/mcp', scopes })
const moons = sampleResource({ id: 'resource_moons', identifier: 'https://moons.example/mcp', scopes })
const STRANGER = 'https://stranger.example/mcp'
const ISSUER = 'https://auth.example.com'
const asker = { user: { id: 'helen', groups: [] }, clientId: 'app', acr: 'one' }
const under = (rules: AccessRule[], fallback: 'open' | 'closed' = 'open') =>
  createResourceRegistry([planets, moons], 'allow', createAccessPolicy(rules, fallback, ['one', 'two']))
const noWriting = makeRule(planets.id, 'deny', { scopes: ['write'] })
const nothing = makeRule(planets.id, 'deny')
const strong = makeRule(planets.id, 'allow', { acr: 'two' })

t.test('a request is offered what is allowed, at each resource by itself', async (t) => {
  const asked = {
    scopes: ['openid', 'read', 'write'],
    targets: [planets, moons].map((resource) => ({ identifier: resource.identifier, resource })),
  }
  const offered = (rules: AccessRule[], of = asked) => {
    const { access, isNothing, denials } = accessNow(of, asker, under(rules))
    const targets = access.targets.map(({ identifier, resource }) =>
      [identifier, ...(resource?.scopes ?? []).map(({ name }) => name)].join(' '),
    )
    return { scopes: access.scopes.join(' '), targets, isNothing, denials: denials.map(describeDenial) }
  }
  const all = [planets, moons].map(({ identifier }) => `${identifier} read write`)
  t.strictSame(offered([]), { scopes: 'openid read write', targets: all, isNothing: false, denials: [] })
  t.strictSame(offered([noWriting]), {
    scopes: 'openid read write',
    targets: [`${planets.identifier} read`, all[1]],
    isNothing: false,
    denials: [`write at ${planets.identifier}: denied by rule ${noWriting.id}`],
  })
  t.strictSame(offered([nothing]), {
    scopes: 'openid read write',
    targets: [all[1]],
    isNothing: false,
    denials: [`${planets.identifier}: denied by rule ${nothing.id}`],
  })
  const one = { ...asked, targets: asked.targets.slice(0, 1) }
  t.match(offered([nothing], one), { scopes: 'openid', targets: [], isNothing: true })
  t.match(offered([noWriting], { ...one, scopes: ['openid', 'write'] }), { isNothing: true }, 'of what was asked, nothing is left')
  t.match(offered([noWriting], { ...one, scopes: ['openid'] }), { isNothing: false, targets: [`${planets.identifier} read`] })
  t.match(offered([strong], one).denials, [`${planets.identifier}: rule ${strong.id} asks for a login of two`])
  t.match(offered([makeRule(planets.id, 'allow', { who: { kind: 'user', userId: 'paris' } })], one).denials, [
    `${planets.identifier}: no rule allows it`,
  ])
  const unknown = { scopes: ['openid'], targets: [{ identifier: STRANGER }] }
  t.match(accessNow(unknown, asker, under([])), { isNothing: false, access: unknown })
  t.match(accessNow(unknown, asker, under([], 'closed')), { isNothing: true, access: { targets: [] } })
  t.match(
    accessNow({ scopes: ['openid'], targets: [] }, asker, under([], 'closed')),
    { isNothing: false },
    'without a resource there is no rule',
  )
})

t.test('what a stronger login would bring is said with each denial', async (t) => {
  const stronger = (rules: AccessRule[], wanted: string[]) => {
    const asked = { scopes: wanted, targets: [{ identifier: planets.identifier, resource: planets }] }
    const { denials, isNothing } = accessNow(asked, asker, under(rules))
    return { isNothing, stronger: denials.flatMap((each) => each.stronger) }
  }
  const reading = makeRule(planets.id, 'allow', { scopes: ['read'], acr: 'two' })
  const writing = makeRule(planets.id, 'allow', { scopes: ['write'], acr: 'three' })
  const anyReading = makeRule(planets.id, 'allow', { scopes: ['read'] })
  const denied = makeRule(planets.id, 'deny', { scopes: ['write'] })
  t.strictSame(stronger([strong], ['read', 'write']), { isNothing: true, stronger: ['two', 'two'] })
  t.strictSame(stronger([reading, writing], ['write']), { isNothing: true, stronger: [] }, 'three is no login here')
  t.strictSame(stronger([reading, denied], ['read', 'write']), { isNothing: true, stronger: ['two'] })
  t.strictSame(stronger([reading, denied], ['write']), { isNothing: true, stronger: [] }, 'of what was asked')
  t.strictSame(stronger([anyReading, strong], ['read', 'write']), { isNothing: false, stronger: ['two'] })
  t.strictSame(stronger([strong], []), { isNothing: true, stronger: ['two', 'two', 'two'] }, 'whatever it is that is wanted')
  t.strictSame(stronger([nothing], ['read']), { isNothing: true, stronger: [] })
})

t.test('a grant counts for what is allowed now, and is what it was once the rule goes', async (t) => {
  const grant = sampleGrant({
    scopes: [
      'openid',
      `read ${planets.identifier}`,
      `write ${planets.identifier}`,
      `gone ${planets.identifier}`,
      `write ${moons.identifier}`,
    ],
    resources: [planets.identifier, moons.identifier, STRANGER],
  })
  t.strictSame(grantNow(grant, asker, under([])), { grant, denials: [] })
  const narrowed = grantNow(grant, asker, under([noWriting]))
  t.strictSame(narrowed.grant, { ...grant, scopes: grant.scopes.filter((each) => each !== `write ${planets.identifier}`) })
  t.strictSame(narrowed.denials.map(describeDenial), [`write at ${planets.identifier}: denied by rule ${noWriting.id}`])
  const closed = grantNow(grant, asker, under([nothing]))
  t.strictSame(closed.grant.resources, [moons.identifier, STRANGER])
  t.strictSame(closed.grant.scopes, ['openid', `gone ${planets.identifier}`, `write ${moons.identifier}`])
  const writer = { ...grant, scopes: [`write ${planets.identifier}`], resources: [planets.identifier] }
  t.strictSame(grantNow(writer, asker, under([noWriting])).grant.resources, [], 'nothing is left of what was consented there')
  t.strictSame(grantNow({ ...writer, scopes: ['openid'] }, asker, under([noWriting])).grant.resources, [planets.identifier])
})

t.test('a token opens what is allowed now', async (t) => {
  const token = { aud: planets.identifier, scopes: ['openid', 'read', 'write'] }
  const open = (rules: AccessRule[], of = token, fallback: 'open' | 'closed' = 'open') =>
    scopesNow(of, asker, under(rules, fallback), ISSUER).scopes
  t.strictSame(open([]), token.scopes)
  t.strictSame(open([noWriting]), ['openid', 'read'])
  t.strictSame(open([nothing]), undefined)
  t.strictSame(open([noWriting], { ...token, scopes: ['openid', 'write'] }), undefined)
  t.strictSame(open([], { aud: STRANGER, scopes: ['openid'] }, 'closed'), undefined)
  t.strictSame(open([], { aud: ISSUER, scopes: ['openid'] }, 'closed'), ['openid'], 'this server itself is no matter of rules')
})
