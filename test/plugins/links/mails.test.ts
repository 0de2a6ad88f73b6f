// Links by mail: forgotten passwords, invitations that are asked for again, addresses that are confirmed.
import t from 'tap'
import type { Test } from 'tap'
import { makeLink } from '#src/domain/link/link-address.ts'
import { newSecret } from '#src/crypto/random.ts'
import { verifyPassword } from '#src/crypto/password.ts'
import type { User } from '#src/domain/user/user.ts'
import { createApp, injectFetch } from '#test/support/app.ts'
import { openAccount, post } from '#test/support/people/account.ts'
import { addUser as addLogin, pageOf, startFlow, textOf } from '#test/support/authorization.ts'
import { captureLog } from '#test/support/log.ts'
import { createPerson, decodeEntities } from '#test/support/people/person.ts'
import { refusal, serveMails } from '#test/support/network/smtp.ts'
import { addIdentity, addProvider, addUser } from '#test/storage/conformance/records.ts'

const PASSWORD = 'three mice behind the sofa'
const HOUR = 3_600_000

async function start(t: Test, env: Record<string, string> = {}, options: Parameters<typeof serveMails>[1] = {}) {
  const server = await serveMails(t, options)
  const log = captureLog('info')
  const mail = { SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'login@example.com', SIGN_UP: 'invited' }
  const made = await createApp(t, { ...mail, RATE_LIMIT_LOGIN: 'off', ...env }, log.logger)
  const { issuer } = made.config
  const person = () => createPerson(issuer, injectFetch(made.app))
  const ask = async (path: string, fields: Record<string, string>) => {
    const visitor = person()
    return pageOf(await visitor.submit(pageOf(await visitor.open(`${issuer}${path}`)), fields))
  }
  const open = async (url: string) => {
    const visitor = person()
    return { visitor, page: pageOf(await visitor.open(url)) }
  }
  const addVerified = (changes: Partial<User> = {}) =>
    addUser(made.storage, { username: 'helen', email: 'Helen@example.com', emailVerified: true, ...changes })
  return { ...made, issuer, server, log, person, ask, open, addVerified }
}

const linkIn = (text: string): string => /^http\S+$/m.exec(text)![0]

t.test('somebody who forgot a password', async (t) => {
  t.test('finds the way from the login page, in the language of the app', async (t) => {
    const { port } = await serveMails(t)
    const env = { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'login@example.com' }
    const flow = await startFlow(t, env)
    const login = pageOf(await flow.person().open(flow.url({ ui_locales: 'ko' })))
    t.match(decodeEntities(login.html), '<a href="/forgot-password?ui_locales=ko">비밀번호를 잊으셨나요?</a>')
    t.notMatch(login.html, '/sign-up')
    t.match(pageOf(await flow.person().open(flow.url())).html, '<a href="/forgot-password">Forgot password?</a>')
    const invited = await startFlow(t, { ...env, SIGN_UP: 'invited' })
    t.match(pageOf(await invited.person().open(invited.url())).html, '<a href="/sign-up">')
    t.equal((await flow.person().open(`${flow.issuer}/sign-up`)).page?.status, 404)
  })

  t.test('has none, and no page for it, where no mails are sent', async (t) => {
    const flow = await startFlow(t)
    t.notMatch(pageOf(await flow.person().open(flow.url())).html, 'forgot-password')
    for (const path of ['/forgot-password', '/sign-up']) t.equal((await flow.person().open(flow.issuer + path)).page?.status, 404)
  })

  t.test('gets a link by name or by address, which sets a new password', async (t) => {
    const { ask, addVerified, server, open, storage } = await start(t)
    const { id } = await addVerified({ profile: { locale: 'ko-KR' } })
    for (const username of [' HELEN', 'helen@EXAMPLE.com ']) {
      t.match(textOf((await ask('/forgot-password', { username })).html), /Check your mail.*If there is an account/)
      const mail = await server.next()
      t.match(mail, { from: 'login@example.com', to: ['Helen@example.com'], headers: { subject: /새 비밀번호/ }, text: /helen 계정/ })
    }
    const { visitor, page } = await open(linkIn(server.mails[1]!.text))
    await visitor.submit(page, { password: PASSWORD })
    t.ok(await verifyPassword(PASSWORD, (await storage.users.find(id))?.passwordHash))
    t.equal((await open(linkIn(server.mails[0]!.text))).page.status, 410, 'the earlier link has ended')
    const { html } = (await open(linkIn(server.mails[0]!.text))).page
    t.match(html, 'href="/forgot-password"')
    const events = await storage.auditEvents.list({ since: 0, limit: 9 })
    t.equal(events.filter(({ name, details }) => name === 'link.made' && details['mailed'] === true).length, 2)
  })

  t.test('gets one mail for each account with the address', async (t) => {
    const { ask, addVerified, server } = await start(t)
    await addVerified()
    await addVerified({ username: 'helen.k', email: 'helen@example.com' })
    await ask('/forgot-password', { username: 'helen@example.com' })
    const mails = [await server.next(), await server.next()]
    t.strictSame(mails.map(({ to }) => to.join()).sort(), ['Helen@example.com', 'helen@example.com'])
  })

  t.test('gets nothing without an address that is known to be theirs, and the answer is the same', async (t) => {
    const { ask, addVerified, server, storage, app, clock } = await start(t, { ADMIN_EMAIL: 'admin@example.com' })
    await addVerified({ username: 'unverified', email: 'unverified@example.com', emailVerified: false })
    await addVerified({ username: 'bare', email: undefined, emailVerified: false })
    await addVerified({ username: 'odd', email: 'a,b@example.com' })
    const { id } = await addVerified({ username: 'disabled', email: 'disabled@example.com' })
    await storage.users.disable(id, clock.now)
    const managed = await addVerified({ username: 'managed', email: 'managed@example.com' })
    const provider = await addProvider(storage)
    await addIdentity(storage, managed.id, provider.id, { managed: true })
    await addVerified()
    const texts = new Set<string>()
    const typed = [
      'unverified',
      'unverified@example.com',
      'bare',
      'odd',
      'disabled',
      'disabled@example.com',
      'admin',
      'admin@example.com',
      'managed',
      'managed@example.com',
    ]
    for (const username of [...typed, 'nobody', 'nobody@example.com', '"><b>', 'helen'])
      texts.add(textOf((await ask('/forgot-password', { username })).html))
    t.equal(texts.size, 1)
    await server.next()
    await app.close()
    t.strictSame(
      server.mails.map(({ to }) => to),
      [['Helen@example.com']],
    )
  })

  t.test('gets three mails an hour at most, no matter who asks, by whatever name', async (t) => {
    const { ask, addVerified, server, app, clock } = await start(t)
    await addVerified()
    for (const username of ['helen', 'HELEN', 'helen@example.com', 'helen', 'Helen@example.com'])
      await ask('/forgot-password', { username })
    for (let mails = 0; mails < 3; mails++) await server.next()
    clock.now += HOUR
    await ask('/forgot-password', { username: 'helen' })
    await server.next()
    await app.close()
    t.equal(server.mails.length, 4)
  })

  t.test('who asks too often waits, whether the name exists or not', async (t) => {
    const { ask, addVerified } = await start(t, { RATE_LIMIT_LOGIN: '2/15m' })
    await addVerified()
    for (const username of ['helen', 'nobody']) {
      for (let count = 0; count < 2; count++) t.equal((await ask('/forgot-password', { username })).status, 200)
      const limited = await ask('/forgot-password', { username })
      t.match([limited.status, limited.headers.get('retry-after'), textOf(limited.html)], [429, '900', /about 15 minutes/])
      t.match(limited.html, `value="${username}"`)
    }
    for (let count = 0; count < 6; count++) await ask('/forgot-password', { username: `name ${count}` })
    t.equal((await ask('/forgot-password', { username: 'another' })).status, 429, 'an address asks for many')
  })
})

t.test('an answer is sent before anything is looked up that only an account has', async (t) => {
  const { ask, addVerified, storage, server } = await start(t)
  await addVerified()
  let isHeld = true
  const { findByUsername } = storage.users
  Object.assign(storage.users, {
    findByUsername: async (name: string) => {
      while (isHeld) await new Promise((resolve) => setTimeout(resolve, 5))
      return findByUsername(name)
    },
  })
  for (const username of ['helen', 'nobody']) t.equal((await ask('/forgot-password', { username })).status, 200, 'while the lookup waits')
  isHeld = false
  t.match((await server.next()).to, ['Helen@example.com'])
})

t.test('somebody who was invited', async (t) => {
  t.test('has the link mailed again, in place of the one before and no longer than it', async (t) => {
    const { ask, server, open, storage, issuer, clock, app } = await start(t)
    const first = makeLink(
      issuer,
      { kind: 'invitation', address: 'Paris@example.com', data: { group: 'g', language: 'ko' } },
      newSecret(),
      clock.now,
    )
    await storage.links.insert(first.link)
    clock.now += HOUR
    t.match(textOf((await ask('/sign-up', { email: ' paris@EXAMPLE.com' })).html), /Check your mail.*If that address was invited/)
    const mail = await server.next()
    t.match(mail, { to: ['Paris@example.com'], headers: { subject: /초대/ } })
    t.equal((await open(first.url)).page.status, 410)
    const { visitor, page } = await open(linkIn(mail.text))
    t.match(await storage.links.findInvitation('paris@example.com', clock.now), { data: first.link.data, expiresAt: first.link.expiresAt })
    await visitor.submit(page, { username: 'paris', password: PASSWORD })
    t.match(await storage.users.findByUsername('paris'), { email: 'Paris@example.com', emailVerified: true })
    for (const email of ['paris@example.com', 'nobody@example.com']) t.equal((await ask('/sign-up', { email })).status, 200)
    await app.close()
    t.equal(server.mails.length, 1)
  })

  t.test('gets three mails an hour at most', async (t) => {
    const { ask, server, storage, issuer, clock, app } = await start(t)
    await storage.links.insert(makeLink(issuer, { kind: 'invitation', address: 'p@example.com' }, newSecret(), clock.now).link)
    for (let count = 0; count < 3; count++) {
      await ask('/sign-up', { email: 'p@example.com' })
      await server.next()
    }
    for (let count = 0; count < 2; count++) await ask('/sign-up', { email: 'P@example.com' })
    await app.close()
    t.equal(server.mails.length, 3)
  })

  t.test('gets one link if two ask at the same moment', async (t) => {
    const { ask, server, storage, issuer, clock, app } = await start(t)
    await storage.links.insert(makeLink(issuer, { kind: 'invitation', address: 'p@example.com' }, newSecret(), clock.now).link)
    const { replace } = storage.links
    // Somebody else was faster.
    storage.links.replace = async (before, link) => {
      storage.links.replace = replace
      await storage.links.delete(before)
      return replace(before, link)
    }
    await ask('/sign-up', { email: 'p@example.com' })
    await app.close()
    t.equal(server.mails.length, 0)
  })

  t.test('gives an address of their own, which counts once it is confirmed', async (t) => {
    const { server, open, storage, issuer, clock, ask } = await start(t)
    const { link, url } = makeLink(issuer, { kind: 'invitation' }, newSecret(), clock.now)
    await storage.links.insert(link)
    const { visitor, page } = await open(`${url}&ui_locales=ko`)
    t.match(page.html, 'lang="ko"')
    const wrong = pageOf(await visitor.submit(page, { username: 'paris', password: PASSWORD, email: 'a@b, c@d' }))
    t.match([wrong.status, textOf(wrong.html)], [400, /이메일 주소가 아닙니다/])
    t.match(wrong.html, 'value="a@b, c@d"')
    const done = pageOf(await visitor.submit(wrong, { username: 'paris', password: PASSWORD, email: ' paris@example.com ' }))
    t.match(textOf(done.html), /계정이 준비되었습니다/)
    const mail = await server.next()
    t.match(mail, { to: ['paris@example.com'], headers: { subject: /이메일 주소 확인/ }, text: /paris 계정/ })
    const unverified = { email: 'paris@example.com', emailVerified: false }
    t.match(await storage.users.findByUsername('paris'), unverified)

    const confirming = await open(linkIn(mail.text))
    t.match(textOf(confirming.page.html), /paris.*paris@example\.com/)
    t.match(await storage.users.findByUsername('paris'), unverified, 'looking changes nothing')
    for (let clicks = 0; clicks < 2; clicks++)
      t.match(textOf(pageOf(await confirming.visitor.submit(confirming.page, {})).html), /Your address is confirmed/)
    t.match(await storage.users.findByUsername('paris'), { email: 'paris@example.com', emailVerified: true })
    clock.now += HOUR
    t.equal(pageOf(await confirming.visitor.submit(confirming.page, {})).status, 410)
    await ask('/forgot-password', { username: 'paris' })
    t.match((await server.next()).to, ['paris@example.com'])
  })
})

t.test('a link to an address does nothing once the account is gone, disabled or has another address', async (t) => {
  const { storage, issuer, clock, open, addVerified } = await start(t)
  for (const end of [
    ({ id }: User) => storage.users.delete(id, clock.now),
    ({ id }: User) => storage.users.disable(id, clock.now),
    (user: User) => storage.users.update({ ...user, email: 'other@example.com' }, clock.now),
  ]) {
    const user = await addVerified({ username: `helen${newSecret()}`, email: 'old@example.com' })
    const { link, url } = makeLink(issuer, { kind: 'address', userId: user.id, address: 'new@example.com' }, newSecret(), clock.now)
    await storage.links.insert(link)
    const { visitor, page } = await open(url)
    await end(user)
    t.equal((await open(url)).page.status, 410)
    t.equal(pageOf(await visitor.submit(page, {})).status, 410)
    t.not((await storage.users.find(user.id))?.email, 'new@example.com')
  }
})

t.test('a mailbox gets three mails to confirm an hour, from however many accounts', async (t) => {
  const { storage, issuer, clock, open, server, app } = await start(t)
  for (let count = 0; count < 5; count++) {
    const { link, url } = makeLink(issuer, { kind: 'invitation' }, newSecret(), clock.now)
    await storage.links.insert(link)
    const { visitor, page } = await open(url)
    await visitor.submit(page, { username: `person${count}`, password: PASSWORD, email: 'victim@example.com' })
  }
  for (let mails = 0; mails < 3; mails++) await server.next()
  await app.close()
  t.equal(server.mails.length, 3)
})

t.test('a form of another site, or a malformed one, sends nothing', async (t) => {
  const { person, issuer, app, server, addVerified } = await start(t)
  await addVerified()
  for (const path of ['/forgot-password', '/sign-up', '/confirm-address']) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' }
    const post = (payload: string, origin = issuer) => app.inject({ method: 'POST', url: path, payload, headers: { ...headers, origin } })
    t.equal((await post('username=helen&email=a@b&token=x', 'https://evil.example')).statusCode, 403)
    t.equal((await post('username=a&username=b&email=a&email=b&token=a&token=b')).statusCode, 400)
  }
  t.equal((await person().open(`${issuer}/confirm-address?token=a&token=b`)).page?.status, 400)
  await app.close()
  t.equal(server.mails.length, 0)
})

t.test('a mail that is refused is in the log, without address and link', async (t) => {
  const { ask, addVerified, log, app } = await start(t, {}, { onRcptTo: (_address, _session, callback) => callback(refusal(550, 'no')) })
  await addVerified()
  await ask('/forgot-password', { username: 'helen' })
  await app.close()
  const line = log.lines().find(({ msg }) => /^mail not sent/.test(String(msg)))
  t.match(line, { level: 50, kind: 'reset', username: 'helen', msg: 'mail not sent: the mail server refuses the recipient: 550 no' })
  t.notMatch(log.text(), /helen@example|token=/i)
})

t.test('somebody who gives another address on the account page confirms it by a mail', async (t) => {
  const server = await serveMails(t)
  const flow = await startFlow(t, { SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'login@example.com' })
  const ada = { username: 'ada', password: 'engine' }
  const id = await addLogin(flow, ada.username, ada.password)
  const person = flow.person()
  const page = await openAccount(flow, person, ada, '/account/profile')
  await post(person, page, '/account/profile', { email: 'ada@example.com' })
  const mail = await server.next()
  t.strictSame(mail.to, ['ada@example.com'])
  t.match(await flow.storage.users.find(id), { email: 'ada@example.com', emailVerified: false })
  const confirming = pageOf(await person.open(linkIn(mail.text)))
  await person.submit(confirming, {})
  t.match(await flow.storage.users.find(id), { email: 'ada@example.com', emailVerified: true })
  for (const email of ['a,b@example.com', '']) await post(person, page, '/account/profile', { name: `Ada ${email.length}`, email })
  await flow.app.close()
  t.equal(server.mails.length, 1, 'none to what no mail goes to')
})
