import t from 'tap'
import { FOLLOW_MS, JWKS_MAX_AGE, LEAD_MS, LONGEST_TOKEN_MS, REMEMBERED_MS, isPublished, planKeys } from '#src/domain/key/key-schedule.ts'
import type { StoredKey } from '#src/domain/key/stored-key.ts'
import { ConfigSchema } from '#src/config/schema.ts'
import { NOW } from '#test/support/records.ts'

const DAY = 86_400
const DAY_MS = DAY * 1000
const INTERVAL = 90 * DAY

/** A key that starts to sign at `at`, in ms after NOW. */
const key = (generation: number, at: number, changes: Partial<StoredKey> = {}): StoredKey => ({
  kid: `${changes.alg ?? 'ES256'}-${generation}`,
  alg: 'ES256',
  generation,
  publicJwk: '{}',
  encryptedPrivateJwk: 'sealed',
  createdAt: NOW + at,
  activeAt: NOW + at,
  ...changes,
})
const revoked = (at: number) => ({ revokedAt: NOW + at, encryptedPrivateJwk: undefined })
const spent = { encryptedPrivateJwk: undefined }

interface Row {
  about: string
  keys: StoredKey[]
  /** In ms after NOW. */
  at: number
  interval?: number | 'off'
  states: string[]
  due?: [generation: number, activeAt: number][]
  spent?: number[]
  forgotten?: number[]
}

const ROTATION = INTERVAL * 1000 - LEAD_MS
const two = [key(1, 0), key(2, DAY_MS)]

const rows: Row[] = [
  { about: 'without a key one is made that signs at once', keys: [], at: 0, states: [], due: [[1, 0]] },
  { about: 'a young key signs alone', keys: [key(1, 0)], at: 0, states: ['current'] },
  { about: 'a moment before the rotation nothing is due', keys: [key(1, 0)], at: ROTATION - 1, states: ['current'] },
  {
    about: 'the successor is made so early that it signs in time',
    keys: [key(1, 0)],
    at: ROTATION,
    states: ['current'],
    due: [[2, INTERVAL * 1000]],
  },
  {
    about: 'a server that was away for years still publishes first',
    keys: [key(1, 0)],
    at: 900 * DAY_MS,
    states: ['current'],
    due: [[2, 900 * DAY_MS + LEAD_MS]],
  },
  { about: 'with `off` an old key goes on', keys: [key(1, 0)], at: 900 * DAY_MS, interval: 'off', states: ['current'] },
  {
    about: 'an interval of nothing asks for a successor now',
    keys: [key(1, 0)],
    at: 1,
    interval: 0,
    states: ['current'],
    due: [[2, 1 + LEAD_MS]],
  },
  { about: 'a next key is published, and there is one', keys: two, at: 1, interval: 0, states: ['current', 'next'] },
  { about: 'a moment before its hour the next one waits', keys: two, at: DAY_MS - 1, states: ['current', 'next'] },
  { about: 'at its hour it signs', keys: two, at: DAY_MS, states: ['retired', 'current'] },
  {
    about: 'the one before stays published as long as its last token lives',
    keys: two,
    at: DAY_MS + LONGEST_TOKEN_MS - 1,
    states: ['retired', 'current'],
  },
  { about: 'then its private part goes', keys: two, at: DAY_MS + LONGEST_TOKEN_MS, states: ['over', 'current'], spent: [1] },
  { about: 'once', keys: [key(1, 0, spent), two[1]!], at: DAY_MS + LONGEST_TOKEN_MS, states: ['over', 'current'] },
  {
    about: 'the rest a year later',
    keys: [key(1, 0, spent), two[1]!],
    at: DAY_MS + LONGEST_TOKEN_MS + REMEMBERED_MS,
    interval: 'off',
    states: ['over', 'current'],
    forgotten: [1],
  },
  { about: 'a revoked key has a successor at once', keys: [key(1, 0, revoked(5))], at: 6, states: ['revoked'], due: [[2, 6]] },
  {
    about: 'the next one takes over from a revoked one early',
    keys: [key(1, 0, revoked(5)), two[1]!],
    at: 6,
    states: ['revoked', 'current'],
  },
  {
    about: 'the one before a revoked one never comes back',
    keys: [key(1, 0), key(2, 10, revoked(20))],
    at: 30,
    states: ['retired', 'revoked'],
    due: [[3, 30]],
  },
  {
    about: 'a next one that was revoked leaves the current one where it is',
    keys: [key(1, 0), key(2, 10, revoked(5))],
    at: 20,
    states: ['current', 'revoked'],
  },
  {
    about: 'and the rotation takes another number',
    keys: [key(1, 0), key(2, 10, revoked(5))],
    at: 20,
    interval: 0,
    states: ['current', 'revoked'],
    due: [[3, 20 + LEAD_MS]],
  },
  {
    about: 'a revoked key is remembered as long as a retired one',
    keys: [key(1, 0, revoked(5)), key(2, 5)],
    at: 5 + LONGEST_TOKEN_MS + REMEMBERED_MS,
    interval: 'off',
    states: ['revoked', 'current'],
    forgotten: [1],
  },
  {
    about: 'a key that overtakes a next one ends both',
    keys: [key(1, 0), key(2, 100), key(3, 50)],
    at: 60,
    states: ['retired', 'retired', 'current'],
  },
]

for (const { about, keys, at, interval = INTERVAL, states, due = [], spent = [], forgotten = [] } of rows) {
  t.test(about, async (t) => {
    const plan = planKeys(keys, ['ES256'], NOW + at, interval)
    t.strictSame([...plan.states.values()], states)
    t.strictSame(
      plan.due,
      due.map(([generation, activeAt]) => ({ alg: 'ES256', generation, activeAt: NOW + activeAt })),
    )
    t.strictSame(
      plan.spent.map(({ generation }) => generation),
      spent,
    )
    t.strictSame(
      plan.forgotten.map(({ generation }) => generation),
      forgotten,
    )
    t.ok(states.filter((state) => state === 'current').length <= 1)
  })
}

t.test('each algorithm has its own schedule, and one that was ever used stays in use', async (t) => {
  const keys = [key(1, 0), key(4, 0, { alg: 'EdDSA' }), key(2, 0, { alg: 'PS256', ...revoked(1) })]
  const { states, due } = planKeys(keys, ['RS256'], NOW + 2, INTERVAL)
  t.strictSame([...states.values()], ['current', 'current', 'revoked'])
  t.strictSame(due, [
    { alg: 'RS256', generation: 1, activeAt: NOW + 2 },
    { alg: 'PS256', generation: 3, activeAt: NOW + 2 },
  ])
})

t.test('a node knows when the next key starts to sign', async (t) => {
  t.equal(planKeys(two, [], NOW, 'off').changesAt, NOW + DAY_MS)
  t.equal(planKeys(two, [], NOW + DAY_MS, 'off').changesAt, Infinity)
})

t.test('no verifier meets an unknown kid: the limits fit together', async (t) => {
  t.ok(LEAD_MS >= JWKS_MAX_AGE * 1000 + FOLLOW_MS, 'published before its first use for longer than anybody keeps an earlier list')
  t.equal(LONGEST_TOKEN_MS, ConfigSchema.properties.accessTokenTtl.maximum! * 1000, 'published after its last use as long as a token lives')
  t.ok(REMEMBERED_MS >= ConfigSchema.properties.sessionTtl.maximum! * 1000)
  t.ok(LEAD_MS < ConfigSchema.properties.keyRotationInterval.anyOf[0].minimum! * 1000)
})

t.test('at each instant of a year exactly one key signs, which was published before and stays published after', async (t) => {
  let keys: StoredKey[] = []
  const publishedSince = new Map<string, number>()
  const lastSigned = new Map<string, number>()
  const step = 30 * 60_000
  for (let at = 0; at < 365 * DAY_MS; at += step) {
    const now = NOW + at
    for (const due of planKeys(keys, ['ES256'], now, 30 * DAY).due) keys.push(key(due.generation, due.activeAt - NOW))
    const { states, spent, forgotten } = planKeys(keys, ['ES256'], now, 30 * DAY)
    const published = [...states].filter(([, state]) => isPublished(state)).map(([{ kid }]) => kid)
    const [signer, ...others] = [...states].filter(([, state]) => state === 'current').map(([{ kid }]) => kid)
    if (signer === undefined || others.length > 0 || !published.includes(signer)) return t.fail(`${at}: ${signer} ${others.join()}`)
    for (const kid of published) if (!publishedSince.has(kid)) publishedSince.set(kid, now)
    if (!lastSigned.has(signer) && signer !== 'ES256-1' && now - publishedSince.get(signer)! < LEAD_MS)
      return t.fail(`${signer} signs too early`)
    lastSigned.set(signer, now)
    for (const [kid, used] of lastSigned)
      if (now < used + LONGEST_TOKEN_MS && !published.includes(kid)) return t.fail(`${kid} went too early`)
    keys = keys
      .map((each) => (spent.includes(each) ? { ...each, encryptedPrivateJwk: undefined } : each))
      .filter((each) => !forgotten.includes(each))
  }
  t.equal(lastSigned.size, 13)
})
