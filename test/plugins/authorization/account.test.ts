import t from 'tap'
import { addUser, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

const ADA = { username: 'ada', password: 'engine' }

/** Somebody who allowed a new client, and then has to choose an account. */
async function chooser(flow: Flow) {
  const client = { client_id: await flow.register({}) }
  const url = (prompt: string) => flow.url({ ...client, prompt })
  const person = flow.person()
  await person.authorize(url('login'))
  flow.clock.now += 1000
  return { person, url, account: pageOf(await person.open(url('select_account'))) }
}

t.test('a person who is asked which account', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)

  t.test('reads who is logged in, and for which client', async (t) => {
    const { account } = await chooser(flow)
    t.match(textOf(account.html), /to continue to Test Client Signed in as admin Continue as admin Use another account/)
  })
  t.test('goes on with the account that is logged in', async (t) => {
    const { person, account } = await chooser(flow)
    const { code } = answerOf(await person.submit(account, { decision: 'continue' }))
    t.not((await grantOf(flow, code)).userId, 'id of ada')
  })
  t.test('logs in with another one', async (t) => {
    const { person, account } = await chooser(flow)
    const login = await person.submit(account, { decision: 'switch' })
    t.equal(whereabouts(login), 'login')
    flow.clock.now += 1000
    const consent = pageOf(await person.submit(pageOf(login), ADA))
    t.match(textOf(consent.html), /Signed in as ada/)
    t.equal((await grantOf(flow, answerOf(await person.submit(consent, { decision: 'allow' }))['code'])).userId, 'id of ada')
  })
  t.test('who decides nothing, or something else, is told so', async (t) => {
    const { person, account } = await chooser(flow)
    t.match(pageOf(await person.submit(account, {})), { status: 400, html: /decision is required/ })
    t.match(pageOf(await person.submit(account, { decision: 'allow' })), { status: 400, html: /decision must be continue or switch/ })
  })
  t.test('chooses anew if another account logged in meanwhile', async (t) => {
    // Ada logged in before the request that admin's page belongs to: a login after it would be a choice.
    const ada = flow.person()
    await ada.authorize(flow.url(), ADA)
    flow.clock.now += 1000
    const { person, account } = await chooser(flow)
    person.cookies.set('solar-session', ada.cookies.get('solar-session')!)
    const anew = await person.submit(account, { decision: 'continue' })
    t.equal(whereabouts(anew), 'account')
    t.match(textOf(pageOf(anew).html), /Continue as ada/)
  })
  t.test('logs in if the session ended meanwhile', async (t) => {
    const { person, account } = await chooser(flow)
    person.cookies.delete('solar-session')
    t.equal(whereabouts(await person.submit(account, { decision: 'continue' })), 'login')
  })
  t.test('who posts a form that named no account chooses', async (t) => {
    const { person, url } = await chooser(flow)
    const session = person.cookies.get('solar-session')!
    person.cookies.delete('solar-session')
    const login = pageOf(await person.open(url('select_account')))
    person.cookies.set('solar-session', session)
    const posted = await person.submit({ ...login, form: { ...login.form!, action: '/account' } }, { decision: 'continue' })
    t.equal(whereabouts(posted), 'account')
  })
  t.test('is not asked right after a login', async (t) => {
    const { url } = await chooser(flow)
    const person = flow.person()
    t.equal(whereabouts(await person.submit(pageOf(await person.open(url('select_account'))), ADMIN)), 'client')
  })
})
