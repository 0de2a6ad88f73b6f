// A second factor that is bypassed (threat-model.md T23).
import { Secret, TOTP } from 'otpauth'
import t from 'tap'
import { ADMIN } from '#test/support/app.ts'
import { answerOf, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'

const flow = await startFlow(t, { SECOND_FACTOR: 'everyone', RATE_LIMIT_LOGIN: 'off' })
const owner = flow.person()
const entrance = pageOf(await owner.submit(pageOf(await owner.open(flow.url())), ADMIN))
const secret = Secret.fromBase32(/<code class="secret">([^<]*)</.exec(entrance.html)![1]!.replaceAll(' ', ''))
const nextCode = () => {
  flow.clock.now += 90_000
  return new TOTP({ secret }).generate({ timestamp: flow.clock.now })
}
const codes = pageOf(await owner.submit(entrance, { code: new TOTP({ secret }).generate({ timestamp: flow.clock.now }) }))
await owner.submit(pageOf(await owner.submit(codes, { decision: 'continue' })), { decision: 'allow' })

/** Somebody who knows the password, and no more. */
async function thief() {
  const person = flow.person()
  return { person, page: pageOf(await person.submit(pageOf(await person.open(flow.url())), ADMIN)) }
}

t.test('a password alone opens nothing: no code, no silent answer, no page that needs a login', async (t) => {
  const { person, page } = await thief()
  t.equal(whereabouts({ page }), 'second-factor')
  t.equal(whereabouts(await person.open(flow.url())), 'second-factor', 'a new request')
  t.equal(answerOf(await person.open(flow.url({ prompt: 'none' })))['error'], 'login_required')
  for (const path of ['/account', '/device']) t.equal(whereabouts(await person.open(`${flow.issuer}${path}`)), 'second-factor', path)
  t.equal(whereabouts(await person.open(`${flow.issuer}/logout`)), 'logged-out')
})

t.test('a decision that somebody posts without the factor leads back to the page that asks for it', async (t) => {
  const { person, page } = await thief()
  const { transaction } = page.form!.fields as { transaction: string }
  const post = (action: string, more: Record<string, string>) => person.submit({ ...page, form: { action, fields: { transaction } } }, more)
  t.equal(whereabouts(await post('/consent', { decision: 'allow' })), 'second-factor')
  t.equal(whereabouts(await post('/account', { decision: 'continue' })), 'second-factor')
  t.equal(whereabouts(await post('/login/code', { decision: 'continue' })), 'second-factor')
})

t.test('the page of another browser, and a factor shown in another session, help nobody', async (t) => {
  const { person, page } = await thief()
  const other = await thief()
  const { transaction } = other.page.form!.fields as { transaction: string }
  t.equal(pageOf(await person.submit(page, { transaction, code: nextCode() })).status, 400)
  t.equal(whereabouts(await owner.open(flow.url())), 'client', 'its owner is logged in')
  t.equal(whereabouts(await person.open(flow.url())), 'second-factor', 'and nobody else')
})

t.test('a new login forgets the factor of the one before', async (t) => {
  const again = pageOf(await owner.open(flow.url({ prompt: 'login' })))
  const page = pageOf(await owner.submit(again, ADMIN))
  t.equal(whereabouts({ page }), 'second-factor')
  t.equal(whereabouts(await owner.open(flow.url())), 'second-factor')
  t.equal(whereabouts(await owner.submit(page, { code: nextCode() })), 'account', 'where they read that a factor was set up')
  t.equal(whereabouts(await owner.open(flow.url())), 'client')
})

t.test('nobody who lacks the factor learns of failures, or makes the browser a known one', async (t) => {
  const { person, page } = await thief()
  t.notOk(person.cookies.has('solar-known'))
  await person.submit(page, { code: '000000' })
  const again = pageOf(await owner.submit(pageOf(await owner.open(flow.url({ prompt: 'login' }))), ADMIN))
  const arrival = await owner.submit(again, { code: nextCode() })
  t.equal(whereabouts(arrival), 'account', 'its owner does')
})

t.test('a factor can not be set up by somebody who lacks the one that is there', async (t) => {
  const { person, page } = await thief()
  const fields = { ...page.form!.fields, set_up: entrance.form!.fields['set_up']! }
  const arrival = await person.submit({ ...page, form: { action: '/account/factors/codes', fields } }, { code: nextCode() })
  t.equal(whereabouts(arrival), 'second-factor')
})
