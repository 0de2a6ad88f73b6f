// Random histories: whatever happens, no token holds a scope that the rules of its moment deny, or that the consent didn't cover.
import t from 'tap'
import type { AccessRule, Asker } from '#src/domain/access/access-rule.ts'
import { createAccessPolicy } from '#src/domain/access/decide-access.ts'
import type { AccessDefault } from '#src/domain/access/decide-access.ts'
import { accessNow, grantNow, scopesNow } from '#src/domain/access/rights-now.ts'
import { permissions } from '#src/domain/authorization/requested-access.ts'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import type { ResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import type { Grant } from '#src/domain/token/grant.ts'
import { narrowTarget } from '#src/domain/token/token-target.ts'
import { makeRule } from '#test/support/access.ts'
import { sampleGrant, sampleResource } from '#test/support/records.ts'
import { FULL_SIZE, isFull } from '#test/support/size.ts'

/** A fifth would take as long as everything else about rules together. */
const HISTORIES = isFull ? FULL_SIZE.histories : 10_000
const LADDER = ['one', 'two', 'three']
const GROUPS = ['staff', 'admins']
const USERS = ['helen', 'paris']
const CLIENTS = ['client_a', 'https://app.example/client.json']
const SCOPES = ['read', 'write', 'drop']
const described = SCOPES.map((name) => ({ name, description: name }))
const RESOURCES = [
  sampleResource({ id: 'resource_0', identifier: 'https://planets.example/mcp', scopes: described }),
  sampleResource({ id: 'resource_1', identifier: 'https://moons.example/mcp', scopes: described.slice(0, 2) }),
  sampleResource({ id: 'resource_2', identifier: 'https://dust.example/mcp', scopes: [] }),
]

/** Fast, and the same for the same seed. */
function createRandom(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (bound: number) => Math.floor(next() * bound)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!
  return { below, pick, some: <T>(list: readonly T[]) => list.filter(() => next() < 0.5), chance: (of: number) => next() < of }
}
type Random = ReturnType<typeof createRandom>

function randomRule({ pick, some, chance }: Random): AccessRule {
  const effect = pick(['allow', 'allow', 'deny'] as const)
  const who = pick([
    { kind: 'everybody' },
    ...GROUPS.map((group) => ({ kind: 'group', group }) as const),
    ...USERS.map((userId) => ({ kind: 'user', userId }) as const),
  ] as const)
  const scopes = chance(0.5) ? some(SCOPES) : []
  return makeRule(pick(RESOURCES).id, effect, {
    who,
    ...(scopes.length > 0 && { scopes }),
    ...(chance(0.2) && { clients: { verified: chance(0.3), hosts: some(['app.example']), ids: some(['client_a']) } }),
    ...(effect === 'allow' && chance(0.3) && { acr: pick(LADDER) }),
  })
}

/** The sentences of the documents, once more and in the simplest way. */
function mayUse(
  rules: readonly AccessRule[],
  fallback: AccessDefault,
  resourceId: string,
  scope: string | undefined,
  asker: Asker,
): boolean {
  const ofResource = rules.filter((rule) => rule.resourceId === resourceId)
  const closed = fallback === 'closed' || ofResource.some((rule) => rule.effect === 'allow')
  let allowed = !closed
  for (const { effect, who, scopes, clients, acr } of ofResource) {
    if (who.kind === 'group' && asker.user?.groups.includes(who.group) !== true) continue
    if (who.kind === 'user' && asker.user?.id !== who.userId) continue
    if (scopes !== undefined && (scope === undefined || !scopes.includes(scope))) continue
    if (clients !== undefined) {
      const isDocument = asker.clientId.startsWith('https:')
      const byHost = isDocument && (clients.verified || clients.hosts.includes('app.example'))
      if (!byHost && !clients.ids.includes(asker.clientId)) continue
    }
    if (effect === 'deny') return false
    if (acr === undefined || LADDER.indexOf(asker.acr ?? '') >= LADDER.indexOf(acr)) allowed = true
  }
  return allowed
}

interface World {
  rules: AccessRule[]
  fallback: AccessDefault
  groups: Map<string, string[]>
  /** Each with what the person allowed when it began, and is never changed. */
  grants: { grant: Grant; acr: string; consented: readonly string[] }[]
}

const registryOf = ({ rules, fallback }: World): ResourceRegistry =>
  createResourceRegistry(RESOURCES, 'allow', createAccessPolicy(rules, fallback, LADDER))
const askerOf = ({ groups }: World, { userId, clientId }: Pick<Grant, 'userId' | 'clientId'>, acr: string): Asker => ({
  user: { id: userId, groups: groups.get(userId)! },
  clientId,
  acr,
})

/** What is wrong with a token; `undefined` if nothing is. */
function wrongWith(
  world: World,
  asker: Asker,
  consented: readonly string[],
  aud: string | undefined,
  scopes: readonly string[],
): string | undefined {
  const resource = RESOURCES.find(({ identifier }) => identifier === aud)
  if (resource === undefined) return undefined
  for (const scope of scopes.filter((each) => SCOPES.includes(each))) {
    if (!consented.includes(permissionAt(scope, resource.identifier))) return `${scope} was never consented`
    if (!mayUse(world.rules, world.fallback, resource.id, scope, asker)) return `${scope} is denied`
  }
  const whole = resource.scopes.length === 0 ? [undefined] : resource.scopes.map(({ name }) => name)
  return whole.some((scope) => mayUse(world.rules, world.fallback, resource.id, scope, asker)) ? undefined : 'the resource is closed'
}

const STEPS = {
  join({ groups }: World, { pick, some }: Random) {
    groups.set(pick(USERS), some(GROUPS))
  },
  addRule({ rules }: World, random: Random) {
    if (rules.length < 6) rules.push(randomRule(random))
  },
  dropRule({ rules }: World, { below }: Random) {
    rules.splice(below(rules.length + 1), 1)
  },
  authorize(world: World, { pick, some }: Random) {
    const [userId, clientId, acr] = [pick(USERS), pick(CLIENTS), pick(LADDER)]
    const targets = some(RESOURCES).map((resource) => ({ identifier: resource.identifier, resource }))
    const scopes = [
      'openid',
      ...some(SCOPES.filter((scope) => targets.some(({ resource }) => resource.scopes.some(({ name }) => name === scope)))),
    ]
    const asker = askerOf(world, { userId, clientId }, acr)
    const { access, isNothing } = accessNow({ scopes, targets }, asker, registryOf(world))
    if (isNothing) return
    // The person takes some away.
    const consented = permissions(access).filter((permission) => permission === 'openid' || some([permission]).length > 0)
    const resources = access.targets.map(({ identifier }) => identifier)
    world.grants.push({ grant: sampleGrant({ userId, clientId, scopes: consented, resources }), acr, consented })
  },
  issue(world: World, { pick, chance, some }: Random): string | undefined {
    if (world.grants.length === 0) return undefined
    const { grant, acr, consented } = pick(world.grants)
    const asker = askerOf(world, grant, acr)
    const registry = registryOf(world)
    const now = grantNow(grant, asker, registry)
    if (grant.resources.length > 0 && now.grant.resources.length === 0) return undefined
    const form = {
      ...(chance(0.5) && { resource: pick(RESOURCES).identifier }),
      ...(chance(0.3) && { scope: some(SCOPES).join(' ') }),
    }
    const target = narrowTarget(now.grant, form, registry, true)
    if (!target.ok) return undefined
    const { audience, scopes } = target.value
    const wrong = wrongWith(world, asker, consented, audience, scopes)
    if (wrong !== undefined || audience === undefined) return wrong
    // Later, where it is looked up.
    const changed = { ...world, rules: [...world.rules, ...(chance(0.5) ? [randomRule({ pick, chance, some } as Random)] : [])] }
    const later = scopesNow({ aud: audience, scopes }, asker, registryOf(changed), 'https://auth.example.com')
    return later.scopes === undefined ? undefined : wrongWith(changed, asker, consented, audience, later.scopes)
  },
}

t.test('no token holds what the rules of its moment deny, or what the consent did not cover', async (t) => {
  const started = Date.now()
  const seed = isFull ? started % 1_000_000 : 20_261_129
  let issued = 0
  for (let history = 0; history < HISTORIES; history++) {
    const random = createRandom(seed + history)
    const world: World = {
      rules: [],
      fallback: random.pick(['open', 'open', 'closed'] as const),
      groups: new Map(USERS.map((user) => [user, random.some(GROUPS)])),
      grants: [],
    }
    const names = Object.keys(STEPS) as (keyof typeof STEPS)[]
    for (let step = 0; step < 12; step++) {
      const name = random.pick(names)
      const wrong = STEPS[name](world, random)
      if (name === 'issue' && world.grants.length > 0) issued++
      if (typeof wrong !== 'string') continue
      t.fail(`${wrong} (seed ${seed + history}, step ${step}): ${JSON.stringify(world)}`)
      return
    }
  }
  t.ok(issued > HISTORIES, `${issued} tokens in ${HISTORIES} histories, ${Date.now() - started} ms`)
})
