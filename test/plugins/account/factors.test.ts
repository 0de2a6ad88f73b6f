// What somebody logs in with besides a password, on the page of their account.
import { TOTP, Secret } from 'otpauth'
import t from 'tap'
import { openAccount, post } from '#test/support/people/account.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import { answerPasskey } from '#test/support/people/factors.ts'
import type { Page } from '#test/support/people/person.ts'

const ADA = { username: 'ada', password: 'engine' }
const EVE = { username: 'eve', password: 'apple' }
const ORIGIN = 'http://localhost:8000'
const MINUTE = 60_000

const codeOf = ({ html }: Page, now: number): string => {
  const secret = Secret.fromBase32(/<code class="secret">([^<]*)</.exec(html)![1]!.replaceAll(' ', ''))
  return new TOTP({ secret }).generate({ timestamp: now })
}

async function scene(t: Parameters<typeof startFlow>[0], env: Record<string, string> = {}) {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: 'off', ...env })
  const id = await addUser(flow, ADA.username, ADA.password)
  await addUser(flow, EVE.username, EVE.password)
  const person = flow.person()
  const open = async (path = '/account/factors') => pageOf(await person.open(flow.issuer + path))
  const names = async () => (await flow.storage.auditEvents.list({ since: 0, userId: id, limit: 20 })).map(({ name }) => name)
  return { flow, id, person, open, names }
}

t.test('a person adds an authenticator app on the account page, gets recovery codes once, and turns it off again', async (t) => {
  const { flow, id, person, open, names } = await scene(t)
  t.match(textOf((await openAccount(flow, person, ADA, '/account/factors')).html), /No authenticator app is set up/)
  const form = await open('/account/factors/set-up')
  const wrong = pageOf(await person.submit(form, { code: '000000' }))
  t.match({ status: wrong.status, text: textOf(wrong.html) }, { status: 403, text: /That code doesn't match/ })
  const codes = pageOf(await person.submit(wrong, { code: codeOf(wrong, flow.clock.now) }))
  t.match(textOf(codes.html), /Save your recovery codes/)
  t.match(codes.html, /href="http:\/\/localhost:8000\/account\/factors"|href="\/account\/factors"/)
  const page = await open()
  t.match(textOf(page.html), /Since: .* UTC .*Recovery codes left: 10/)
  t.match(JSON.parse((await open('/account/data')).html), { sign_in: { one_time_codes_since: String, recovery_codes_left: 10 } })
  const fresh = pageOf(await post(person, page, '/account/factors/recovery', {}))
  t.not(textOf(fresh.html), textOf(codes.html), 'new ones replace them')
  t.match(textOf(pageOf(await post(person, page, '/account/factors/end', {})).html), /It is removed/)
  t.match(textOf(pageOf(await post(person, page, '/account/factors/end', {})).html), /Nothing was changed/)
  t.match(textOf(pageOf(await post(person, page, '/account/factors/recovery', {})).html), /Nothing was changed/, 'for want of a factor')
  t.equal((await flow.storage.factors.listOf(id)).codes, undefined)
  t.strictSame(
    (await names()).filter((name) => /factor|recovery/.test(name)),
    ['factor.removed', 'recovery_codes.made', 'recovery_codes.made', 'factor.added'],
  )
})

t.test('a person adds passkeys, names them and removes them, and never those of somebody else (T24)', async (t) => {
  const { flow, id, person, open } = await scene(t)
  await openAccount(flow, person, ADA, '/account/factors')
  const add = async (name: string) => {
    const form = await open('/account/factors/set-up')
    const authenticator = createAuthenticator(ORIGIN)
    const { action, fields, options } = passkeyFormOf(form.html)
    const done = await person.submit({ ...form, form: { action, fields } }, { credential: authenticator.create(options), name })
    return { done: pageOf(done), authenticator }
  }
  const first = await add('Phone')
  t.equal(whereabouts({ page: first.done }), 'recovery-codes')
  flow.clock.now += MINUTE
  const second = await add('Laptop')
  t.match(textOf(second.done.html), /Phone .*Last used Never Backed up Yes.*Laptop/, 'a second one comes without codes')
  const page = await open()
  const rename = (passkey: string, name: string) => post(person, page, '/account/factors/name', { passkey, name })
  t.match(textOf(pageOf(await rename(first.authenticator.id, ' Old  phone ')).html), /new name.*Old phone/)
  t.match(textOf(pageOf(await rename(first.authenticator.id, ' ')).html), /Nothing was changed/)
  const remove = async (passkey: string) => textOf(pageOf(await post(person, page, '/account/factors/end', { passkey })).html)
  t.match(await remove('unknown'), /Nothing was changed/)

  const eve = flow.person()
  const hers = await openAccount(flow, eve, EVE)
  for (const path of ['/account/factors/end', '/account/factors/name'])
    t.match(textOf(pageOf(await post(eve, hers, path, { passkey: first.authenticator.id, name: 'mine' })).html), /Nothing was changed/)

  t.match(await remove(first.authenticator.id), /It is removed/)
  await flow.storage.factors.usePasskey(second.authenticator.id, { counter: 7, backedUp: false }, flow.clock.now)
  const kept = await open('/account/data')
  t.match(JSON.parse(kept.html), { sign_in: { passkeys: [{ name: 'Laptop', last_used_at: String, backed_up: false }] } })
  t.notMatch(kept.html, second.authenticator.id)
  t.match(textOf((await open()).html), /Last used [A-Z][a-z]+ \d+, .* UTC Backed up No/)
  await flow.storage.users.changePassword(id, { passwordHash: '', endGrants: false, keptSession: undefined }, flow.clock.now)
  t.strictSame((await flow.storage.factors.listOf(id)).passkeys.length, 1)
})

t.test('what matters needs a login of the last ten minutes', async (t) => {
  const { flow, person, open } = await scene(t)
  const page = await openAccount(flow, person, ADA)
  flow.clock.now += 11 * MINUTE
  t.match((await open()).html, /How you sign in/, 'looking is free')
  for (const path of ['/account/factors/end', '/account/factors/recovery'])
    t.equal(whereabouts(await post(person, page, path, {})), 'my-factors', 'and nothing was done')
  const entry = await open('/account/factors/set-up')
  t.match(entry.html, /type="password"/)
  t.equal(whereabouts(await person.submit(entry, ADA)), 'factor-set-up')
})

t.test('where nothing can be set up, the page offers nothing', async (t) => {
  const { flow, person } = await scene(t, { SECOND_FACTOR: 'off', ISSUER: 'http://127.0.0.1:8000' })
  const page = await openAccount(flow, person, ADA, '/account/factors')
  t.notMatch(page.html, /factors\/set-up/)
})

t.test('a passkey that is the last way in can not be removed', async (t) => {
  const { flow, id, person, open } = await scene(t)
  await openAccount(flow, person, ADA)
  const form = await open('/account/factors/set-up')
  const authenticator = createAuthenticator(ORIGIN)
  await answerPasskey(person, form, authenticator.create(passkeyFormOf(form.html).options))
  const [own] = await flow.storage.sessions.list({ userId: id, now: flow.clock.now, idleSince: 0, limit: 1 })
  const noPassword = { passwordHash: '', endGrants: false, keptSession: own!.session.idHash }
  await flow.storage.users.changePassword(id, noPassword, flow.clock.now)
  const page = await open()
  t.match(textOf(page.html), /You have no password/)
  t.match(textOf(pageOf(await post(person, page, '/account/factors/end', { passkey: authenticator.id })).html), /your only way to sign in/)
  t.equal((await flow.storage.factors.listOf(id)).passkeys.length, 1)
})

t.test('a form of somebody who is logged out, or that is no longer current, changes nothing', async (t) => {
  const { flow, id, person, open } = await scene(t)
  const page = await openAccount(flow, person, ADA)
  const form = await open('/account/factors/set-up')
  const code = codeOf(form, flow.clock.now)
  const credential = createAuthenticator(ORIGIN).create(passkeyFormOf(form.html).options)
  flow.clock.now += 11 * MINUTE
  t.equal(pageOf(await person.submit(form, { code })).status, 400, 'not recently enough')
  t.equal(pageOf(await answerPasskey(person, form, credential)).status, 400)
  person.cookies.delete('solar-session')
  t.equal(pageOf(await person.submit(form, { code })).status, 400, 'logged out')
  t.equal(pageOf(await answerPasskey(person, form, credential)).status, 400)
  for (const path of ['/account/factors/name', '/account/factors/recovery', '/account/factors/end'])
    t.equal(whereabouts(await post(person, page, path, { passkey: 'x', name: 'x' })), 'login', path)
  t.strictSame(await flow.storage.factors.listOf(id), { passkeys: [], codes: undefined, recoveryCodes: 0 })
})

t.test('who has recovery codes left keeps them when another factor is set up within a login', async (t) => {
  const { flow, id, person } = await scene(t, { SECOND_FACTOR: 'everyone' })
  const hash = 'hash of a code'
  await flow.storage.factors.saveRecoveryCodes(id, [hash], flow.clock.now)
  const form = pageOf(await person.submit(pageOf(await person.open(flow.url())), ADA))
  t.equal(whereabouts({ page: form }), 'factor-set-up')
  t.equal(whereabouts(await person.submit(form, { code: codeOf(form, flow.clock.now) })), 'consent', 'without new ones')
  t.equal((await flow.storage.factors.listOf(id)).recoveryCodes, 1)
})
