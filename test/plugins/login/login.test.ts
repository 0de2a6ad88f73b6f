import t from 'tap'
import { addUser, answerOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

t.test('a person at the login page', async (t) => {
  const flow = await startFlow(t)

  t.test('reads which client it is for, and finds fields that a password manager knows', async (t) => {
    const login = pageOf(await flow.person().open(flow.url()))
    t.equal(login.status, 200)
    t.equal(login.headers.get('cache-control'), 'no-store')
    t.match(textOf(login.html), /to continue to Test Client/)
    t.match(login.html, /<input[^>]*name="username"[^>]*autocomplete="username webauthn"/)
    t.match(login.html, /<input[^>]*name="password"[^>]*type="password"[^>]*autocomplete="current-password"/)
  })
  t.test('goes on to the consent page with the right name and password', async (t) => {
    const person = flow.person()
    t.equal(whereabouts(await person.submit(pageOf(await person.open(flow.url())), ADMIN)), 'consent')
  })
  t.test('may write the name in another case, with spaces around', async (t) => {
    const person = flow.person()
    t.equal(whereabouts(await person.submit(pageOf(await person.open(flow.url())), { ...ADMIN, username: '  ADMIN ' })), 'consent')
  })
  t.test('gets another try after a wrong password, with the name still there', async (t) => {
    const person = flow.person()
    const again = pageOf(await person.submit(pageOf(await person.open(flow.url())), { username: 'Admin', password: 'wrong' }))
    t.equal(again.status, 403)
    t.match(textOf(again.html), /don't match/)
    t.match(again.html, /name="username"[^>]* value="admin"/)
    t.match(textOf(again.html), /to continue to Test Client/)
    t.notMatch(person.cookies.has('solar-session'), true)
    t.equal(whereabouts(await person.submit(again, ADMIN)), 'consent')
  })
  t.test('who leaves out a field, repeats it, or fills it without end is told so', async (t) => {
    const person = flow.person()
    const login = pageOf(await person.open(flow.url()))
    const post = async (fields: [string, string][]) => {
      const body = new URLSearchParams([['transaction', login.form!.fields['transaction']!], ...fields]).toString()
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: [...person.cookies].map((pair) => pair.join('=')).join(),
      }
      const response = await flow.send(`${flow.issuer}/login`, { method: 'POST', headers, body })
      return { status: response.status, text: textOf(await response.text()) }
    }
    t.match(await post([['username', 'admin']]), { status: 400, text: /password is required/ })
    t.match(await post([['password', 'admin123']]), { status: 400, text: /username is required/ })
    t.match(
      await post([
        ['username', 'a'],
        ['username', 'b'],
        ['password', 'x'],
      ]),
      { status: 400, text: /username must not be repeated/ },
    )
    t.match(
      await post([
        ['username', 'admin'],
        ['password', 'x'.repeat(1025)],
      ]),
      { status: 400, text: /password is too long/ },
    )
  })
  t.test('who presses the button twice is logged in, and both answers lead on', async (t) => {
    const person = flow.person()
    const login = pageOf(await person.open(flow.url()))
    const both = await Promise.all([person.submit(login, ADMIN), person.submit(login, ADMIN)])
    t.strictSame(both.map(whereabouts), ['consent', 'consent'])
  })
  t.test('who went back after the login, and posts the old form again, is logged in anew', async (t) => {
    const person = flow.person()
    const login = pageOf(await person.open(flow.url({ client_id: await flow.register({}) })))
    await person.submit(login, ADMIN)
    const first = person.cookies.get('solar-session')
    const consent = pageOf(await person.submit(login, ADMIN))
    t.not(person.cookies.get('solar-session'), first)
    t.match(answerOf(await person.submit(consent, { decision: 'allow' })), { code: /./, state: 'the state' })
  })
  t.test('who went back after the login, and opens the request again, need not log in', async (t) => {
    const person = flow.person()
    await person.submit(pageOf(await person.open(flow.url())), ADMIN)
    t.equal(whereabouts(await person.open(flow.url())), 'consent')
  })
  t.test('who logs in with the old form as somebody else is that one', async (t) => {
    await addUser(flow, 'ada', 'engine')
    const person = flow.person()
    const login = pageOf(await person.open(flow.url()))
    await person.submit(login, ADMIN)
    const consent = pageOf(await person.submit(login, { username: 'ada', password: 'engine' }))
    t.match(textOf(consent.html), /Signed in as ada/)
  })
  t.test('who comes by GET is told to come by POST', async (t) => {
    const page = pageOf(await flow.person().open(`${flow.issuer}/login`))
    t.equal(page.status, 405)
    t.equal(page.headers.get('allow'), 'POST')
  })
})

t.test('a person whose sign-in went stale', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const login = pageOf(await person.open(flow.url()))
  const stale = /has expired, or began in another browser: start again in the app/

  t.test('with a forged, cut, or foreign transaction starts again in the app', async (t) => {
    const signed = login.form!.fields['transaction']!
    const [payload, signature] = signed.split('.') as [string, string]
    const held = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { startedAt: number }
    const other = Buffer.from(JSON.stringify({ ...held, startedAt: held.startedAt + 1 })).toString('base64url')
    for (const transaction of [
      '',
      'x',
      '.',
      payload,
      `${payload}.`,
      `${payload}.${signature.slice(1)}`,
      `${other}.${signature}`,
      `${signed}.x`,
    ]) {
      const refused = pageOf(await person.submit(login, { ...ADMIN, transaction }))
      t.equal(refused.status, 400)
      t.match(textOf(refused.html), stale)
      t.match(textOf(refused.html), /start again from the app you came from/)
      t.match(pageOf(await person.open(`${flow.issuer}/authorize?transaction=${transaction}`)), { status: 400, html: stale })
    }
    t.notOk(person.cookies.has('solar-session'))
  })
  t.test('after an hour starts again in the app', async (t) => {
    flow.clock.now += 60 * 60 * 1000 - 1
    t.equal(pageOf(await person.submit(login, { username: 'admin', password: 'wrong' })).status, 403, 'an hour is fine')
    flow.clock.now += 1
    t.match(pageOf(await person.submit(login, ADMIN)), { status: 400, html: stale })
    t.notOk(person.cookies.has('solar-session'))
  })
})

t.test('a person whose client vanished meanwhile reads that the connection is lost', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const login = pageOf(await person.open(flow.url()))
  await flow.storage.clients.delete(flow.clientId)
  t.match(pageOf(await person.submit(login, { username: 'admin', password: 'wrong' })), {
    status: 400,
    html: /remove this connection and add it again/,
  })
  t.match(pageOf(await person.submit(login, ADMIN)), { status: 400, html: /remove this connection and add it again/ })
})

t.test('nobody waits for an answer at the page of an account: there, Cancel cancels nothing', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const login = pageOf(await person.open(`${flow.issuer}/account`))
  t.equal(pageOf(await person.submit(login, { decision: 'cancel' })).status, 400)
})

t.test('PASSWORD_LOGIN says who logs in by a password; others read the same as after a wrong one', async (t) => {
  for (const [rule, admin, ada] of [
    ['on', 'consent', 'consent'],
    ['admin', 'consent', 'login'],
    ['off', 'login', 'login'],
  ] as const) {
    const flow = await startFlow(t, { PASSWORD_LOGIN: rule })
    await addUser(flow, 'ada', 'engine')
    for (const [login, expected] of [
      [ADMIN, admin],
      [{ username: 'ada', password: 'engine' }, ada],
    ] as const) {
      const person = flow.person()
      const page = pageOf(await person.open(flow.url()))
      const form = { action: `${flow.issuer}/login`, fields: { transaction: /name="transaction" value="([^"]*)"/.exec(page.html)![1]! } }
      const arrival = await person.submit({ ...page, form }, login)
      t.equal(whereabouts(arrival), expected, `${rule}: ${login.username}`)
      if (expected === 'login' && rule === 'admin') t.match(textOf(pageOf(arrival).html), /don't match/)
    }
  }
})
