// docs/login.md says who loses what, and when: each line of its table, by a clock that the test moves.
import t from 'tap'
import type { Test } from 'tap'
import type { StoredAdmissionRule } from '#src/domain/admission/admission-rule.ts'
import { addSession } from '#test/storage/conformance/records.ts'
import type { Switches } from '#test/support/providers/provider.ts'
import { HELEN, comeIn } from '#test/support/people/provided-person.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What Helen has: her browser's session, and what an app holds for her. */
async function holdings(t: Test, env: Record<string, string> = {}, rule?: StoredAdmissionRule, switches: Switches = {}) {
  const made = await comeIn(t, { RATE_LIMIT_LOGIN: 'off', RATE_LIMIT_TOKEN: 'off', ...env })
  if (rule !== undefined) await made.storage.admissionRules.insert(rule)
  made.provider.switches = switches
  const { connect, refresh, send, issuer, url } = made
  const { browser, tokens } = await connect()
  let token = tokens.refresh_token
  let access = tokens.access_token
  const status = async () => {
    const { page, away } = await browser.open(url({ prompt: 'none' }))
    const session = away !== undefined && !/login_required/.test(away.search) ? 'session' : (page?.status ?? '')
    const renewed = await refresh(token)
    if (renewed.status === 200) [token, access] = [renewed.refresh_token, renewed.access_token]
    const userinfo = await send(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${access}` } })
    return [session === 'session', renewed.status === 200, userinfo.status === 200]
  }
  return { ...made, status }
}
const ALL = [true, true, true]
const NOTHING = [false, false, false]

t.test('switched off at the provider: session, refresh tokens, UserInfo within ten minutes', async (t) => {
  const { status, pass, provider } = await holdings(t)
  await pass(5 * MINUTE)
  t.strictSame(await status(), ALL)
  provider.switches = { refresh: 'ends' }
  await pass(10 * MINUTE)
  t.strictSame(await status(), NOTHING)
})

t.test('a rule was deleted: the same', async (t) => {
  const { status, pass, storage } = await holdings(t, { ADMIT: 'nobody@acme.example' }, { rule: '@acme.example', createdAt: 1 })
  await pass(10 * MINUTE)
  t.strictSame(await status(), ALL)
  await storage.admissionRules.delete('@acme.example')
  await pass(10 * MINUTE)
  t.strictSame(await status(), NOTHING)
})

t.test('a provider that is disabled here: after PROVIDER_GRACE', async (t) => {
  const { status, pass, storage, clock } = await holdings(t, { PROVIDER_GRACE: '1h' })
  const before = (await storage.providers.findByName('acme'))!
  await storage.providers.update({ before, after: { ...before, disabledAt: clock.now, updatedAt: before.updatedAt + 1 } })
  for (let quarter = 0; quarter < 4; quarter++) {
    t.strictSame(await status(), ALL)
    await pass(14 * MINUTE)
  }
  t.strictSame(await status(), ALL)
  await pass(20 * MINUTE)
  t.strictSame(await status(), NOTHING)
})

t.test('a provider that gave nothing to ask with: PROVIDER_GRACE after the login', async (t) => {
  const { status, pass, provider } = await holdings(t, { PROVIDER_GRACE: '1h' }, undefined, { tokens: { refresh_token: undefined } })
  await pass(50 * MINUTE)
  t.strictSame(await status(), ALL)
  await pass(15 * MINUTE)
  t.strictSame(await status(), NOTHING)
  t.equal(provider.requests.filter((each) => each === 'POST /token').length, 1, 'the login alone')
})

t.test('somebody whom an operator made: only what came of that account', async (t) => {
  const { person, pass, provider, storage, clock, comeBy, url } = await comeIn(t, { RATE_LIMIT_LOGIN: 'off' })
  const before = (await storage.providers.findByName('acme'))!
  const settings = { ...before.settings, domains: ['acme.example'] }
  await storage.providers.update({ before, after: { ...before, settings, updatedAt: before.updatedAt + 1 } })
  const user = {
    id: 'helen',
    username: 'helen.k',
    origin: 'operator',
    profile: {},
    email: 'helen@acme.example',
    emailVerified: true,
  } as const
  await storage.users.insert({ ...user, createdAt: clock.now, updatedAt: clock.now })
  const byProvider = person()
  t.match((await comeBy(byProvider, HELEN)).html, /page-consent/)
  const besides = await addSession(storage, 'helen', { lastSeenAt: clock.now, expiresAt: clock.now + 24 * HOUR })
  provider.switches = { refresh: 'ends' }
  await pass(5 * MINUTE)
  t.match((await byProvider.open(url())).page?.html, /page-consent/, 'it is in use')
  await pass(10 * MINUTE)
  t.match((await byProvider.open(url())).page?.html, /page-login/)
  t.ok(await storage.sessions.findLive(besides.idHash, clock.now, 0), 'a session with a password goes on')
  t.match(await storage.users.find('helen'), { disabledAt: undefined })
})
