import t from 'tap'
import type { Test } from 'tap'
import type { AuthorizationRequest, Prompt } from '#src/domain/authorization/authorization-request.ts'
import { ACR_VALUES, PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import type { WantedAcr } from '#src/domain/authorization/authentication.ts'
import { nextStep } from '#src/domain/authorization/next-step.ts'
import type { Progress, Step } from '#src/domain/authorization/next-step.ts'
import { OAuthError } from '#src/domain/protocol/errors.ts'
import type { FactorNeeds } from '#src/domain/user/factors.ts'
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
  authTime === undefined ? undefined : { ...PASSWORD_LOGIN, userId: 'helen', subject: 'sub of helen', authTime, factors: NO_FACTORS }

/** Of somebody who has a password, and needs no more. */
const NO_FACTORS: FactorNeeds = { hasCodes: false, hasPasskeys: false, isRequired: false, maySetUp: false }

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

t.test('after a page that did not hold any more a remembered consent does not count, a decision does', async (t) => {
  const cell: Cell = { prompts: [], session: 'old', consent: 'covering', redirectKind: 'https', maxAge: undefined }
  t.equal(nameOf(stepOf(cell)), 'code')
  t.equal(nameOf(stepOf(cell, { asksAgain: true })), 'consent')
  t.equal(nameOf(stepOf(cell, { asksAgain: true, allowedByUserId: 'helen' })), 'code')
})

t.test('max_age is exact to the second', async (t) => {
  const cell: Cell = { prompts: ['none'], session: 'old', consent: 'covering', redirectKind: 'https', maxAge: 3600 }
  t.equal(nameOf(stepOf(cell, {}, STARTED - 1, STARTED - 1 + 3_600_000)), 'code')
  t.equal(nameOf(stepOf(cell, {}, STARTED - 1, STARTED + 3_600_000)), 'login_required')
  t.equal(nameOf(stepOf({ ...cell, prompts: [], maxAge: 0 }, {}, STARTED - 1, STARTED)), 'login', 'max_age=0 asks for a login')
  t.equal(nameOf(stepOf({ ...cell, prompts: [], maxAge: 0 }, {}, STARTED, STARTED)), 'code', 'which then is one')
})

/** What people have set up, and whether they need it. */
const HOLDERS = {
  nothing: NO_FACTORS,
  codes: { ...NO_FACTORS, hasCodes: true, isRequired: true },
  passkeys: { ...NO_FACTORS, hasPasskeys: true, isRequired: true },
  both: { ...NO_FACTORS, hasCodes: true, hasPasskeys: true, isRequired: true },
  'both, at their choice': { ...NO_FACTORS, hasCodes: true, hasPasskeys: true },
  'a new account that needs one': { ...NO_FACTORS, isRequired: true, maySetUp: true },
  'an old account that needs one': { ...NO_FACTORS, isRequired: true },
} as const satisfies Record<string, FactorNeeds>
const [ONE, TWO, THREE] = ACR_VALUES as [string, string, string]
const WANTED = {
  nothing: undefined,
  one: { values: [ONE], essential: true },
  two: { values: [TWO], essential: true },
  three: { values: [THREE], essential: true },
  'three, rather': { values: [THREE], essential: false },
  'two or three': { values: [THREE, TWO], essential: true },
} as const

interface FactorCell {
  readonly cell: Cell
  readonly holder: keyof typeof HOLDERS
  readonly wanted: keyof typeof WANTED
  /** How the session began. */
  readonly rung: 0 | 1 | 2
}

const factorCells: FactorCell[] = cells
  .filter(({ redirectKind, maxAge, hint }) => redirectKind === 'https' && maxAge !== 1_000_000 && hint !== 'sub of helen')
  .filter(({ consent }) => consent === 'none' || consent === 'covering')
  .flatMap((cell) =>
    (Object.keys(HOLDERS) as FactorCell['holder'][]).flatMap((holder) =>
      (Object.keys(WANTED) as FactorCell['wanted'][]).flatMap((wanted) =>
        ([0, 1, 2] as const).map((rung) => ({ cell, holder, wanted, rung })),
      ),
    ),
  )
const titleOfFactors = ({ cell, holder, wanted, rung }: FactorCell) => `${titleOf(cell)}, ${holder}, wants ${wanted}, rung ${rung}`

function stepWithFactors(
  { cell, holder, wanted, rung }: FactorCell,
  progress: Partial<Progress> = {},
  authTime = SESSIONS[cell.session],
): string {
  const session = sessionOf(authTime)
  const request = { ...requestOf(cell), acr: WANTED[wanted] }
  const loggedIn = session && { ...session, acr: ACR_VALUES[rung]!, factors: HOLDERS[holder] }
  return nameOf(nextStep(request, { startedAt: STARTED, ...progress }, loggedIn, CONSENTS[cell.consent], NOW))
}

/** What a person with these methods has to show in a session of this rung, written a second time. */
function lacking({ holder, wanted, rung }: FactorCell): string | undefined {
  const mustHave = holder !== 'nothing' && holder !== 'both, at their choice'
  const best = { nothing: 0, codes: 1, passkeys: 2, both: 2, 'both, at their choice': 2 }[holder as string] ?? 0
  if (rung === 0 && holder === 'a new account that needs one') return 'set-up'
  if (rung === 0 && holder === 'an old account that needs one') return 'locked'
  const goal = { nothing: 0, one: 0, two: 1, three: 2, 'three, rather': 2, 'two or three': 1 }[wanted]
  if (goal > rung && goal <= best) return goal === 2 ? 'passkey' : 'second-factor'
  if (rung === 0 && mustHave) return 'second-factor'
  return goal > rung && wanted !== 'three, rather' && !(wanted === 'two or three' && best === 2)
    ? 'unmet_authentication_requirements'
    : undefined
}

t.test(
  'each cell of session, request and factors has its step: a factor is asked for after the login, and before anything else',
  async (t) => {
    const expectedWith = (each: FactorCell) => {
      const without = expected(each.cell)
      const lacks = lacking(each)
      if (lacks === undefined || ['login', 'consent_required', 'login_required'].includes(without)) return without
      return each.cell.prompts.includes('none') && lacks !== 'unmet_authentication_requirements' ? 'login_required' : lacks
    }
    const show = (each: FactorCell) => `${titleOfFactors(each)}: ${stepWithFactors(each)} instead of ${expectedWith(each)}`
    t.equal(factorCells.length, 9 * 4 * 2 * 3 * 2 * 7 * 6 * 3)
    t.strictSame(factorCells.filter((each) => stepWithFactors(each) !== expectedWith(each)).map(show), [])
    const reached = new Set(factorCells.map(expectedWith))
    for (const step of ['second-factor', 'passkey', 'set-up', 'locked', 'unmet_authentication_requirements', 'code'])
      t.ok(reached.has(step), `the table reaches ${step}`)
  },
)

t.test(
  'what access rules demand is asked for as what the request wants is, but after it; without a page, only what nothing works without',
  async (t) => {
    const refused = new OAuthError('access_denied', 'a rule')
    const stepUnder = (demanded: WantedAcr, { cell, holder, wanted, rung }: FactorCell) => {
      const session = sessionOf(SESSIONS[cell.session])
      const request = { ...requestOf(cell), acr: WANTED[wanted], demanded, ...(demanded.essential && { refused }) }
      const loggedIn = session && { ...session, acr: ACR_VALUES[rung]!, factors: HOLDERS[holder] }
      return nameOf(nextStep(request, { startedAt: STARTED }, loggedIn, CONSENTS[cell.consent], NOW))
    }
    const goals = { two: [TWO], three: [THREE], 'two or three': [THREE, TWO] }
    const wrong: string[] = []
    const reached = new Set<string>()
    const known = factorCells
      .filter(({ cell, rung }) => cell.session !== 'none' && cell.maxAge === undefined && rung < 2)
      .filter(({ wanted }) => wanted === 'nothing' || wanted === 'three, rather')
    t.equal(known.length, 9 * 3 * 2 * 2 * 7 * 2 * 2)
    for (const each of known)
      for (const [goal, values] of Object.entries(goals))
        for (const essential of [true, false]) {
          const without = stepWithFactors(each)
          const silent = each.cell.prompts.includes('none')
          const lacks = lacking({ ...each, wanted: goal as FactorCell['wanted'] })
          const isAsked = lacks === 'second-factor' || lacks === 'passkey'
          let step = without
          if (['consent', 'code', 'account'].includes(without)) {
            if (isAsked && !silent) step = lacks
            else if (isAsked && essential) step = 'login_required'
            else if (essential && without !== 'account') step = 'access_denied'
          }
          reached.add(step)
          const found = stepUnder({ values, essential }, each)
          if (found !== step) wrong.push(`${titleOfFactors(each)}, demanded ${goal} ${essential}: ${found} instead of ${step}`)
        }
    t.strictSame(wrong, [])
    for (const step of ['second-factor', 'passkey', 'login_required', 'access_denied', 'consent', 'code'])
      t.ok(reached.has(step), `the table reaches ${step}`)
  },
)

t.test('no decision makes up for a factor that is missing, and a login without it is none', async (t) => {
  const boldly = { allowedByUserId: 'helen', chosenUserId: 'helen' }
  const incomplete = factorCells.filter((each) => lacking(each) !== undefined)
  t.ok(incomplete.length > 1000)
  t.strictSame(incomplete.filter((each) => stepWithFactors(each, boldly, STARTED + 500) === 'code').map(titleOfFactors), [])
})
