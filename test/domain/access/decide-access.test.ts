// Who may use what: the one decision, as a table.
import t from 'tap'
import { concerns } from '#src/domain/access/access-rule.ts'
import type { AccessRule, Asker } from '#src/domain/access/access-rule.ts'
import { createAccessPolicy, decideAccess } from '#src/domain/access/decide-access.ts'
import type { AccessDefault } from '#src/domain/access/decide-access.ts'
import { makeRule } from '#test/support/access.ts'
import { sampleResource } from '#test/support/records.ts'

const LADDER = ['one', 'two', 'three']
const planets = sampleResource({
  scopes: ['read', 'write'].map((name) => ({ name, description: name })),
})
const bare = sampleResource({ id: 'resource_bare', scopes: [] })
const HELEN: Asker = { user: { id: 'helen', groups: ['staff'] }, clientId: 'app', acr: 'one' }
const PARIS: Asker = { user: { id: 'paris', groups: [] }, clientId: 'app', acr: 'one' }
const MACHINE: Asker = { clientId: 'machine' }

const STAFF = { who: { kind: 'group', group: 'staff' } } as const
const ONLY_PARIS = { who: { kind: 'user', userId: 'paris' } } as const

/** The scopes that somebody may use, with how strong a login would open others. */
function may(rules: readonly AccessRule[], asker: Asker, fallback: AccessDefault = 'open'): string[] {
  const { scopes } = decideAccess(createAccessPolicy(rules, fallback, LADDER), planets, asker)
  return [...scopes].flatMap(([scope, { allowed, acr }]) => (allowed ? scope : acr === undefined ? [] : `${scope}@${acr}`))
}
const allow = (changes: Partial<AccessRule> = {}) => makeRule(planets.id, 'allow', changes)
const deny = (changes: Partial<AccessRule> = {}) => makeRule(planets.id, 'deny', changes)

t.test('rules decide who may use which scope', async (t) => {
  const table: [what: string, rules: AccessRule[], fallback: AccessDefault, helen: string[], paris: string[], machine: string[]][] = [
    ['no rule, open', [], 'open', ['read', 'write'], ['read', 'write'], ['read', 'write']],
    ['no rule, closed', [], 'closed', [], [], []],
    ['a rule of another resource', [makeRule(bare.id, 'allow', STAFF)], 'open', ['read', 'write'], ['read', 'write'], ['read', 'write']],
    ['the first allow closes it to others', [allow(STAFF)], 'open', ['read', 'write'], [], []],
    ['allows add up', [allow({ ...STAFF, scopes: ['read'] }), allow(ONLY_PARIS)], 'open', ['read'], ['read', 'write'], []],
    [
      'two for one user',
      [allow({ ...STAFF, scopes: ['read'] }), allow({ ...STAFF, scopes: ['write'] })],
      'open',
      ['read', 'write'],
      [],
      [],
    ],
    ['an allow of one scope closes the others, too', [allow({ scopes: ['read'] })], 'open', ['read'], ['read'], ['read']],
    ['a deny alone leaves it open', [deny(ONLY_PARIS)], 'open', ['read', 'write'], [], ['read', 'write']],
    ['a deny of a scope', [deny({ ...STAFF, scopes: ['write'] })], 'open', ['read'], ['read', 'write'], ['read', 'write']],
    ['a deny opens nothing', [deny(ONLY_PARIS)], 'closed', [], [], []],
    ['deny beats allow', [allow(), deny({ ...STAFF, scopes: ['write'] })], 'open', ['read'], ['read', 'write'], ['read', 'write']],
    ['in any order', [deny(STAFF), allow(STAFF), allow(ONLY_PARIS)], 'open', [], ['read', 'write'], []],
    [
      'a client acts for itself only by rules about everybody',
      [allow()],
      'closed',
      ['read', 'write'],
      ['read', 'write'],
      ['read', 'write'],
    ],
    [
      'a stronger login opens more',
      [allow({ scopes: ['read'] }), allow({ ...STAFF, acr: 'two' })],
      'open',
      ['read', 'write@two'],
      ['read'],
      ['read'],
    ],
    [
      'the weakest that is enough',
      [allow({ acr: 'three' }), allow({ acr: 'two' })],
      'open',
      ['read@two', 'write@two'],
      ['read@two', 'write@two'],
      ['read@two', 'write@two'],
    ],
    ['no login reaches an acr that is none', [allow({ acr: 'none such' })], 'open', [], [], []],
    ['one that everybody reaches', [allow({ acr: 'one' })], 'open', ['read', 'write'], ['read', 'write'], ['read@one', 'write@one']],
    ['a deleted user', [allow({ who: { kind: 'user', userId: 'gone' } })], 'open', [], [], []],
  ]
  for (const [what, rules, fallback, ...expected] of table)
    t.strictSame(
      [HELEN, PARIS, MACHINE].map((asker) => may(rules, asker, fallback)),
      expected,
      what,
    )
  t.strictSame(may([allow({ acr: 'two' })], { ...HELEN, acr: 'three' }), ['read', 'write'], 'a stronger login is enough')
})

t.test('a resource without scopes is used as a whole, and only by rules about all of it', async (t) => {
  const use = (rules: AccessRule[], asker = HELEN, fallback: AccessDefault = 'open') =>
    decideAccess(createAccessPolicy(rules, fallback, LADDER), bare, asker).use
  const rule = (effect: AccessRule['effect'], changes: Partial<AccessRule> = {}) => makeRule(bare.id, effect, changes)
  const [all, some, no] = [rule('allow', STAFF), rule('allow', { scopes: ['gone'] }), rule('deny', ONLY_PARIS)]
  t.strictSame(use([]), { allowed: true })
  t.strictSame(use([], HELEN, 'closed'), { allowed: false })
  t.strictSame(use([all]), { allowed: true, rule: all.id })
  t.strictSame(use([all], PARIS), { allowed: false })
  t.strictSame(use([some]), { allowed: false }, 'a scope that it has no more opens nothing')
  t.strictSame(use([rule('deny', { scopes: ['gone'] })]), { allowed: true })
  t.strictSame(use([no], PARIS), { allowed: false, rule: no.id })
})

t.test('a resource with scopes is used by any of them, and the reason is the one that helps most', async (t) => {
  const use = (rules: AccessRule[], asker = HELEN) => decideAccess(createAccessPolicy(rules, 'open', LADDER), planets, asker).use
  const [reading, writing, strong] = [deny({ scopes: ['read'] }), deny({ scopes: ['write'] }), allow({ scopes: ['write'], acr: 'two' })]
  t.strictSame(use([reading]), { allowed: true })
  t.strictSame(use([reading, writing]), { allowed: false, rule: reading.id })
  t.strictSame(use([reading, strong]), { allowed: false, rule: strong.id, acr: 'two' })
  t.strictSame(use([allow(ONLY_PARIS), writing]), { allowed: false, rule: writing.id })
  t.strictSame(use([allow(ONLY_PARIS)]), { allowed: false })
})

t.test('a resource that nobody registered has no rules', async (t) => {
  for (const [fallback, allowed] of [
    ['open', true],
    ['closed', false],
  ] as const)
    t.strictSame(decideAccess(createAccessPolicy([allow()], fallback), undefined, HELEN).use, { allowed })
})

t.test('a rule about clients concerns any of those that it names', async (t) => {
  const document = 'https://app.example/client.json'
  const clients = { verified: false, hosts: ['app.example'], ids: ['client_a'] }
  const by = (clientId: string, changes: Partial<typeof clients> = {}) =>
    concerns(allow({ clients: { ...clients, ...changes } }), { ...HELEN, clientId })
  t.strictSame(
    ['client_a', document, 'client_b', 'https://other.example/client.json', 'https://app.example:8443/c'].map((id) => by(id)),
    [true, true, false, false, false],
  )
  t.ok(by('https://other.example/client.json', { verified: true }))
  t.notOk(by('client_b', { verified: true, hosts: [] }), 'nothing proves where it comes from')
  t.notOk(by('https://app.example/../x', { verified: true }), 'no id of a document')
  t.notOk(concerns(allow({ ...STAFF, clients }), { ...PARIS, clientId: 'client_a' }), 'and the user counts, too')
})
