import t from 'tap'
import type { Test } from 'tap'
import type { AuthorizationRequest, Prompt } from '#src/domain/authorization/authorization-request.ts'
import { nextStep } from '#src/domain/authorization/next-step.ts'
import type { Progress, Step } from '#src/domain/authorization/next-step.ts'
import { NOW } from '#test/support/records.ts'

/** When the request arrived; the decision is a second later. */
const STARTED = NOW - 1000
const DAY = 86_400_000

/** `old` logged in a day before, `recent` a minute before, `fresh` after the request came. */
const SESSIONS = { none: undefined, old: STARTED - DAY, recent: STARTED - 60_000, fresh: STARTED + 500 } as const
const CONSENTS = {
  none: undefined,
  covering: {
    scopes: ['openid https://mcp.example', 'email https://mcp.example', 'profile https://mcp.example', 'openid https://other.example'],
    resources: ['https://mcp.example', 'https://other.example'],
  },
  'lacking a scope': { scopes: ['openid https://mcp.example', 'email https://other.example'], resources: ['https://mcp.example'] },
  'lacking a resource': { scopes: ['openid https://mcp.example', 'email https://mcp.example'], resources: [] },
} as const
const PROMPTS: Prompt[][] = [
  ...([[], ['none'], ['login'], ['consent'], ['select_account']] satisfies Prompt[][]),
  ...([
    ['login', 'consent'],
    ['login', 'select_account'],
    ['consent', 'select_account'],
    ['login', 'consent', 'select_account'],
  ] satisfies Prompt[][]),
]
const REDIRECTS = ['https', 'loopback', 'custom'] as const
const MAX_AGES = [undefined, 0, 3600, 1_000_000] as const
/** The subject of the id_token_hint; helen logs in. */
const HINTS = [undefined, 'sub of helen', 'sub of mallory'] as const

interface Cell {
  readonly prompts: Prompt[]
  readonly session: keyof typeof SESSIONS
  readonly consent: keyof typeof CONSENTS
  readonly redirectKind: (typeof REDIRECTS)[number]
  readonly maxAge: number | undefined
  readonly hint?: (typeof HINTS)[number]
}

const cells: Cell[] = PROMPTS.flatMap((prompts) =>
  (Object.keys(SESSIONS) as Cell['session'][]).flatMap((session) =>
    (Object.keys(CONSENTS) as Cell['consent'][]).flatMap((consent) =>
      REDIRECTS.flatMap((redirectKind) =>
        MAX_AGES.flatMap((maxAge) => HINTS.map((hint) => ({ prompts, session, consent, redirectKind, maxAge, hint }))),
      ),
    ),
  ),
)
const ALL = 9 * 4 * 4 * 3 * 4 * 3
const titleOf = ({ prompts, session, consent, redirectKind, maxAge, hint }: Cell) =>
  `prompt ${prompts.join('+') || '-'}, session ${session}, consent ${consent}, ${redirectKind}, max_age ${maxAge ?? '-'}, hint ${hint ?? '-'}`

function requestOf({ prompts, redirectKind, maxAge, hint }: Cell): AuthorizationRequest {
  return {
    scopes: ['openid', 'email'],
    targets: [{ identifier: 'https://mcp.example' }],
    codeChallenge: undefined,
    dpopJkt: undefined,
    nonce: undefined,
    prompts: new Set(prompts),
    maxAge,
    loginHint: undefined,
    hintedSubject: hint,
    redirectKind,
  }
}

const sessionOf = (authTime: number | undefined) =>
  authTime === undefined ? undefined : { userId: 'helen', subject: 'sub of helen', authTime }

function stepOf(cell: Cell, progress: Partial<Progress> = {}, authTime: number | undefined = SESSIONS[cell.session], now = NOW): Step {
  return nextStep(requestOf(cell), { startedAt: STARTED, ...progress }, sessionOf(authTime), CONSENTS[cell.consent], now)
}

/** What the standard requires in a cell, written a second time, in the order of the standard. */
function expected({ prompts, session, consent, redirectKind, maxAge, hint }: Cell): string {
  const silent = prompts.includes('none')
  const age = { none: Infinity, old: 86_401, recent: 61, fresh: -1 }[session]
  const known = redirectKind === 'https' && consent === 'covering' && !prompts.includes('consent')
  // A client that the user never allowed learns nothing about the user, so this comes first.
  if (silent && session !== 'none' && !known) return 'consent_required'
  const mustLogin = session === 'none' || (session !== 'fresh' && (prompts.includes('login') || (maxAge !== undefined && age > maxAge)))
  if (mustLogin) return silent ? 'login_required' : 'login'
  if (hint === 'sub of mallory') return silent || session === 'fresh' ? 'login_required' : 'login'
  if (prompts.includes('select_account') && session !== 'fresh') return 'account'
  return known ? 'code' : 'consent'
}

/** Asserts something about each of some cells, and how many they are: a filter that finds none would prove nothing. */
function holdsFor(t: Test, count: number, chosen: readonly Cell[], isRight: (cell: Cell) => boolean, show = titleOf): void {
  t.equal(chosen.length, count, 'so many cells are looked at')
  t.strictSame(chosen.filter((cell) => !isRight(cell)).map(show), [])
}

const nameOf = (step: Step) => (step.kind === 'error' ? step.error.code : step.kind)

t.test('each cell of prompt, session, consent, redirect, max_age and hint has its step', async (t) => {
  const show = (cell: Cell) => `${titleOf(cell)}: ${nameOf(stepOf(cell))} instead of ${expected(cell)}`
  holdsFor(t, ALL, cells, (cell) => nameOf(stepOf(cell)) === expected(cell), show)
  const reached = new Set(cells.map(expected))
  t.strictSame(
    [...reached].sort(),
    ['account', 'code', 'consent', 'consent_required', 'login', 'login_required'],
    'and the table reaches every step',
  )
})

/** How it ends for helen, who does what the pages ask: she gets a code, unless the request wants another user. */
const wanted = ({ hint }: Cell) => (hint === 'sub of mallory' ? 'login_required' : 'code')

/** The names of the steps until a code or an error, for a user who does what each page asks, in half a second. */
function follow(cell: Cell, start: Partial<Progress> = {}): string[] {
  let authTime: number | undefined = SESSIONS[cell.session]
  let chosen: Partial<Progress> = start
  let now = NOW
  const steps: string[] = []
  for (;;) {
    // A decision only counts for the request that it answers; choices are signed into the transaction.
    const allowing = steps.at(-1) === 'consent' ? { allowedByUserId: 'helen' } : {}
    const step = stepOf(cell, { ...chosen, ...allowing }, authTime, now)
    steps.push(nameOf(step))
    if (step.kind === 'code' || step.kind === 'error' || steps.length > 6) return steps
    now += 500
    if (step.kind === 'login') authTime = now
    if (step.kind === 'account') chosen = { ...chosen, chosenUserId: 'helen' }
  }
}

t.test('each cell ends within four steps: the user gets a code, or the client an error', async (t) => {
  const isRight = (cell: Cell) => {
    const steps = follow(cell)
    const last = steps.at(-1)
    const silent = cell.prompts.includes('none')
    const right = silent ? ['code', 'login_required', 'consent_required'].includes(last!) && steps.length === 1 : last === wanted(cell)
    return right && steps.length <= 4
  }
  holdsFor(t, ALL, cells, isRight, (cell) => `${titleOf(cell)}: ${follow(cell).join(' -> ')}`)
  t.equal(Math.max(...cells.map((cell) => follow(cell).length)), 3)
})

t.test('each cell also ends for a user who asks for another account, and only after a new login', async (t) => {
  const switching = (cell: Cell) => follow(cell, { switchedAt: NOW })
  const isRight = (cell: Cell) => {
    const steps = switching(cell)
    return steps[0] === 'login' && steps.at(-1) === wanted(cell) && steps.length <= 4
  }
  const loud = cells.filter(({ prompts }) => !prompts.includes('none'))
  holdsFor(t, (ALL / 9) * 8, loud, isRight, (cell) => `${titleOf(cell)}: ${switching(cell).join(' -> ')}`)
  t.equal(
    nameOf(
      stepOf(
        cells.find(({ session }) => session === 'fresh')!,
        { switchedAt: STARTED + 501 },
      ),
    ),
    'login',
  )
})

t.test('only a session leads to a code, and prompt=none never shows a page', async (t) => {
  const boldly = (cell: Cell) => stepOf(cell, { allowedByUserId: 'helen', chosenUserId: 'helen' }).kind
  const anonymous = cells.filter(({ session }) => session === 'none')
  holdsFor(t, ALL / 4, anonymous, (cell) => boldly(cell) !== 'code')
  const silent = cells.filter(({ prompts }) => prompts.includes('none'))
  holdsFor(t, ALL / 9, silent, (cell) => ['code', 'error'].includes(boldly(cell)))
})

t.test('only the user of the id_token_hint ever gets a code', async (t) => {
  const others = cells.filter(({ hint }) => hint === 'sub of mallory')
  for (const progress of [{}, { allowedByUserId: 'helen', chosenUserId: 'helen' }])
    holdsFor(t, ALL / 3, others, (cell) => stepOf(cell, progress).kind !== 'code')
})

t.test('values of the claim sub work like an id_token_hint in each cell, and both must match', async (t) => {
  const claimedAs = { 'sub of helen': ['sub of ada', 'sub of helen'], 'sub of mallory': ['sub of mallory', 1, null] } as const
  const step = (cell: Cell, asked: AuthorizationRequest) =>
    nameOf(nextStep(asked, { startedAt: STARTED }, sessionOf(SESSIONS[cell.session]), CONSENTS[cell.consent], NOW))
  const hinted = cells.filter(({ hint }) => hint !== undefined)
  holdsFor(t, (ALL / 3) * 2, hinted, (cell) => {
    const { hintedSubject: _, ...request } = requestOf(cell)
    return step(cell, { ...request, claimedSubjects: claimedAs[cell.hint!] }) === expected(cell)
  })
  const both = (cell: Cell) => step(cell, { ...requestOf(cell), claimedSubjects: ['sub of helen'] }) === expected(cell)
  holdsFor(t, (ALL / 3) * 2, hinted, both)
})

t.test('claims that are requested by name need consent to their scopes', async (t) => {
  const cell: Cell = { prompts: [], session: 'recent', consent: 'covering', redirectKind: 'https', maxAge: undefined }
  const step = (claims: AuthorizationRequest['claims']) =>
    nameOf(nextStep({ ...requestOf(cell), claims }, { startedAt: STARTED }, sessionOf(SESSIONS.recent), CONSENTS.covering, NOW))
  t.equal(step({ idToken: { email: null }, userinfo: { nickname: null } }), 'code')
  t.equal(step({ idToken: {}, userinfo: { phone_number: null } }), 'consent')
})

t.test('what one user chose or allowed does not count for another (T5)', async (t) => {
  const cell: Cell = {
    prompts: ['select_account', 'consent'],
    session: 'old',
    consent: 'covering',
    redirectKind: 'https',
    maxAge: undefined,
  }
  t.equal(nameOf(stepOf(cell, { chosenUserId: 'mallory' })), 'account')
  t.equal(nameOf(stepOf(cell, { chosenUserId: 'helen', allowedByUserId: 'mallory' })), 'consent')
  t.equal(nameOf(stepOf(cell, { chosenUserId: 'helen', allowedByUserId: 'helen' })), 'code')
})

t.test('stored consent is never used if the redirect URI does not prove who receives the response (T5)', async (t) => {
  for (const redirectKind of ['loopback', 'custom'] as const) {
    const unclear = cells.filter((cell) => cell.redirectKind === redirectKind)
    holdsFor(t, ALL / 3, unclear, (cell) => stepOf(cell).kind !== 'code')
  }
})

t.test('a login that becomes too old on the consent page is required again, and only once', async (t) => {
  const cell: Cell = { prompts: [], session: 'recent', consent: 'none', redirectKind: 'https', maxAge: 120 }
  t.equal(nameOf(stepOf(cell)), 'consent')
  t.equal(nameOf(stepOf(cell, { allowedByUserId: 'helen' }, SESSIONS.recent, NOW + 120_000)), 'login')
  t.equal(nameOf(stepOf(cell, { allowedByUserId: 'helen' }, NOW + 121_000, NOW + 500_000)), 'code')
})

t.test('max_age is exact to the second', async (t) => {
  const cell: Cell = { prompts: ['none'], session: 'old', consent: 'covering', redirectKind: 'https', maxAge: 3600 }
  t.equal(nameOf(stepOf(cell, {}, STARTED - 1, STARTED - 1 + 3_600_000)), 'code')
  t.equal(nameOf(stepOf(cell, {}, STARTED - 1, STARTED + 3_600_000)), 'login_required')
  t.equal(nameOf(stepOf({ ...cell, prompts: [], maxAge: 0 }, {}, STARTED - 1, STARTED)), 'login', 'max_age=0 asks for a login')
  t.equal(nameOf(stepOf({ ...cell, prompts: [], maxAge: 0 }, {}, STARTED, STARTED)), 'code', 'which then is one')
})
