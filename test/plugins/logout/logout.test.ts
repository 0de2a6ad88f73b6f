import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

async function loggedIn(flow: Flow, login = ADMIN) {
  const person = flow.person()
  await person.authorize(flow.url(), login)
  flow.clock.now += 1
  return person
}

t.test('a person who logs out', async (t) => {
  const flow = await startFlow(t)
  const logout = `${flow.issuer}/logout`

  t.test('confirms it, and the session is over', async (t) => {
    const person = await loggedIn(flow)
    const id = person.cookies.get('solar-session')!
    const page = pageOf(await person.open(logout))
    t.match(textOf(page.html), /Signed in as admin/)
    t.ok(await flow.storage.sessions.findLive(sha256(id), flow.clock.now, 0), 'asking ends nothing')
    const done = await person.submit(page, {})
    t.equal(whereabouts(done), 'logged-out')
    t.match(pageOf(done).headers.getSetCookie().join(), /^solar-session=;.*Path=\/.*HttpOnly/)
    t.notOk(person.cookies.has('solar-session'))
    t.notOk(await flow.storage.sessions.findLive(sha256(id), flow.clock.now, 0))
    t.equal(whereabouts(await person.open(flow.url())), 'login')
  })
  t.test('keeps what was allowed: the apps stay connected', async (t) => {
    const person = await loggedIn(flow)
    await person.submit(pageOf(await person.open(logout)), {})
    t.equal(whereabouts(await person.submit(pageOf(await person.open(flow.url())), ADMIN)), 'client')
  })
  t.test('without being logged in is told that it is done', async (t) => {
    const person = flow.person()
    t.equal(whereabouts(await person.open(logout)), 'logged-out')
  })
  t.test('twice is told that it is done', async (t) => {
    const person = await loggedIn(flow)
    const page = pageOf(await person.open(logout))
    await person.submit(page, {})
    const again = await person.submit(page, {})
    t.equal(whereabouts(again), 'logged-out')
    t.equal(pageOf(again).status, 200)
  })
  t.test("with a form of an earlier session, another person's, or a made-up one stays logged in", async (t) => {
    await addUser(flow, 'ada', 'engine')
    const person = await loggedIn(flow)
    const early = pageOf(await person.open(logout))
    await person.submit(pageOf(await person.open(flow.url({ prompt: 'login' }))), ADMIN)
    const ada = await loggedIn(flow, { username: 'ada', password: 'engine' })
    const others = pageOf(await ada.open(logout)).form!.fields['token']!
    for (const token of [early.form!.fields['token']!, others, '', 'x', 'A'.repeat(43)]) {
      t.match(pageOf(await person.submit(early, { token })), { status: 400, html: /belongs to another session/ })
    }
    t.equal(whereabouts(await person.open(logout)), 'logout')
  })
  t.test('by a request that repeats a parameter, or is too long, stays logged in', async (t) => {
    const person = await loggedIn(flow)
    const page = pageOf(await person.open(logout))
    t.match(pageOf(await person.open(`${logout}?state=a&state=b`)), { status: 400, html: /state must not be repeated/ })
    t.match(pageOf(await person.open(`${logout}?unknown=${'x'.repeat(8192)}`)), { status: 400, html: /longer than 8192 characters/ })
    t.match(pageOf(await person.submit({ ...page, form: { action: '/logout', fields: page.form!.fields } }, { state: 's'.repeat(4097) })), {
      status: 400,
      html: /state is too long/,
    })
    t.ok(person.cookies.has('solar-session'))
  })
  t.test("without the form's token is asked again", async (t) => {
    const person = await loggedIn(flow)
    const page = pageOf(await person.open(logout))
    t.equal(whereabouts(await person.submit({ ...page, form: { action: '/logout', fields: {} } }, {})), 'logout')
    t.ok(person.cookies.has('solar-session'))
  })
})
