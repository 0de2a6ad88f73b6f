// The pages behind one-use links: an account by an invitation, and a new password for somebody who forgot it.
import t from 'tap'
import type { Test } from 'tap'
import { makeLink } from '#src/domain/link/link-address.ts'
import type { Link } from '#src/domain/link/link.ts'
import { verifyPassword } from '#src/crypto/password.ts'
import { newSecret } from '#src/crypto/random.ts'
import { ISSUER, createApp, injectFetch } from '#test/support/app.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import { stub } from '#test/support/stub.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { addGrant, addSession, addUser } from '#test/storage/conformance/records.ts'

const HOUR = 3_600_000
const PASSWORD = 'three mice behind the sofa'

type About = Parameters<typeof makeLink>[1]

async function start(t: Test, env: Record<string, string> = {}) {
  const made = await createApp(t, env)
  const issuer = made.config.issuer
  const person = (): Person => createPerson(issuer, injectFetch(made.app))
  const addLink = async (about: About, changes: Partial<Link> = {}) => {
    const { link, url } = makeLink(issuer, about, newSecret(), made.clock.now)
    await made.storage.links.insert({ ...link, ...changes })
    return { link, url }
  }
  const open = async (url: string) => {
    const visitor = person()
    return { visitor, page: pageOf(await visitor.open(url)) }
  }
  const submit = async ({ visitor, page }: { visitor: Person; page: Page }, fields: Record<string, string>) =>
    pageOf(await visitor.submit(page, fields))
  const events = async () => (await made.storage.auditEvents.list({ since: 0, limit: 50 })).filter(({ actor }) => actor !== 'server')
  return { ...made, issuer, addLink, open, submit, events }
}

t.test('somebody who was invited', async (t) => {
  const scene = await start(t)
  const { addLink, open, submit, storage, clock, events } = scene

  t.test('makes an account with the address that the invitation was for, and is not logged in by it', async (t) => {
    const { url, link } = await addLink({ kind: 'invitation', address: 'helen@example.com' })
    const opened = await open(url)
    t.equal(opened.page.url, `${ISSUER}/invitation`, 'the token is no longer in the address')
    t.match(textOf(opened.page.html), /helen@example\.com/)
    const done = await submit(opened, { username: ' Helen', password: PASSWORD })
    t.match([done.status, textOf(done.html)], [200, /Your account is ready.*helen/])
    const user = (await storage.users.findByUsername('helen'))!
    t.match(user, { origin: 'operator', email: 'helen@example.com', emailVerified: true, profile: {} })
    t.ok(await verifyPassword(PASSWORD, user.passwordHash))
    t.match(await storage.links.find(link.tokenHash), { usedAt: clock.now, userId: user.id })
    t.notOk(opened.visitor.cookies.has('solar-session'))
    t.notOk(opened.visitor.cookies.has('solar-link-invitation'))
    t.match((await events())[0], { name: 'user.added', actor: 'user helen', details: { user: 'helen', invited: true } })
    t.notMatch(JSON.stringify(await events()), 'helen@example.com')
  })

  t.test('may have no address', async (t) => {
    await submit(await open((await addLink({ kind: 'invitation' })).url), { username: 'paris', password: PASSWORD })
    t.match(await storage.users.findByUsername('paris'), { email: undefined, emailVerified: false })
  })

  t.test('hears what is wrong, with the name still there', async (t) => {
    const { url, link } = await addLink({ kind: 'invitation' })
    const opened = await open(url)
    const tries = [
      [{ username: 'a b', password: PASSWORD }, 400, /without spaces/],
      [{ username: 'helen', password: PASSWORD }, 409, /is taken/],
      [{ username: 'ADMIN', password: PASSWORD }, 409, /is taken/],
      [{ username: 'troy', password: 'short' }, 400, /too short/],
      [{ username: 'troy', password: 'troy-troy-troy' }, 400, /more than your username/],
      [{ username: 'troy', password: 'password1234' }, 400, /easy to guess/],
      [{ username: 'troy', password: 'x'.repeat(1025) }, 400, /too long/],
    ] as const
    for (const [fields, status, text] of tries) {
      const again = await submit(opened, fields)
      t.match([again.status, textOf(again.html)], [status, text])
      t.match(again.html, `value="${fields.username.toLowerCase()}"`)
      t.notOk(again.html.includes(`value="${fields.password}"`))
      t.match(again.html, '<title>Error: Create your account')
    }
    t.equal((await storage.links.find(link.tokenHash))?.usedAt, undefined)
    t.equal((await submit(opened, { username: 'troy', password: PASSWORD })).status, 200, 'and may try on')
  })

  t.test('who clicks twice reads the same answer, for a minute and with the same words', async (t) => {
    const opened = await open((await addLink({ kind: 'invitation' })).url)
    const fields = { username: 'menelaus', password: PASSWORD }
    t.equal((await submit(opened, fields)).status, 200)
    t.equal((await submit(opened, fields)).status, 200)
    for (const other of [
      { ...fields, password: `${PASSWORD}!` },
      { ...fields, username: 'helen' },
      { ...fields, username: 'nobody' },
    ])
      t.equal((await submit(opened, other)).status, 410)
    clock.now += 60_000
    t.equal((await submit(opened, fields)).status, 410)
  })

  t.test('comes too late after 72 hours, or when it was revoked', async (t) => {
    const { url, link } = await addLink({ kind: 'invitation' })
    const opened = await open(url)
    clock.now += 72 * HOUR - 1
    t.equal((await open(url)).page.status, 200)
    clock.now += 1
    const { page } = await open(url)
    t.match([page.status, textOf(page.html)], [410, /doesn't work any more.*Ask the person who invited you/])
    t.equal((await submit(opened, { username: 'late', password: PASSWORD })).status, 410)
    await storage.links.delete(link.tokenHash)
    t.equal((await submit(opened, { username: 'late', password: PASSWORD })).status, 410)
    t.equal((await open(`${ISSUER}/invitation`)).page.status, 410, 'without any token')
    t.equal((await open(`${ISSUER}/invitation?token=made-up`)).page.status, 410)
  })
})

t.test('somebody who was invited and wants no password', async (t) => {
  const { addLink, open, submit, storage, clock, events, issuer } = await start(t)
  const answer = async (
    { visitor, page }: { visitor: Person; page: Page },
    authenticator = createAuthenticator(issuer),
    challenge?: string,
  ) => {
    const { action, fields, options } = passkeyFormOf(page.html)
    const credential = authenticator.create(options, challenge === undefined ? {} : { challenge })
    return pageOf(await visitor.submit({ ...page, form: { action, fields } }, { credential, name: 'Phone' }))
  }
  const chosen = async (url: string, fields: Record<string, string>) => {
    const opened = await open(url)
    return { ...opened, page: await submit(opened, { ...fields, way: 'passkey' }) }
  }

  t.test('makes an account that a passkey opens', async (t) => {
    const { url, link } = await addLink({ kind: 'invitation', address: 'helen@example.com' })
    const authenticator = createAuthenticator(issuer)
    const first = await chosen(`${url}&ui_locales=ko`, { username: ' Helen' })
    t.match([first.page.status, JSON.parse(passkeyFormOf(first.page.html).options)], [200, { user: { name: 'helen' } }])
    t.match(textOf(first.page.html), /대신 비밀번호 정하기/)
    t.equal(await storage.users.findByUsername('helen'), undefined, 'not before there is a passkey')
    const again = await answer(first, undefined, 'bm90IHRoaXMgb25l')
    t.match([again.status, again.html], [403, 'value="helen"'])
    const done = await answer({ ...first, page: again }, authenticator)
    t.match([done.status, textOf(done.html)], [200, /패스키가 준비되었습니다.*helen/])
    const user = (await storage.users.findByUsername('helen'))!
    t.match(user, { passwordHash: undefined, email: 'helen@example.com', emailVerified: true })
    t.match((await storage.factors.listOf(user.id)).passkeys, [{ id: authenticator.id, name: 'Phone' }])
    t.match(await storage.links.find(link.tokenHash), { usedAt: clock.now, userId: user.id })
    t.match((await events())[0], { name: 'user.added', actor: 'user helen', details: { user: 'helen', invited: true } })
    t.equal((await answer({ ...first, page: again }, authenticator)).status, 200, 'clicked twice')
    t.equal((await answer({ ...first, page: again })).status, 410, 'with another passkey')
    clock.now += 60_000
    t.equal((await answer({ ...first, page: again }, authenticator)).status, 410, 'later')
  })

  t.test('hears of a name that is taken, before there is a passkey and after', async (t) => {
    const { url, link } = await addLink({ kind: 'invitation' })
    const { page, ...visit } = await chosen(url, { username: 'helen' })
    t.match([page.status, textOf(page.html)], [409, /is taken/])
    const chose = { ...visit, page: await submit({ ...visit, page }, { username: 'paris', way: 'passkey' }) }
    await addUser(storage, { username: 'paris' })
    t.equal((await answer(chose)).status, 409)
    t.equal((await storage.links.find(link.tokenHash))?.usedAt, undefined)
  })

  t.test('can not bring a passkey that was made for another invitation, or none', async (t) => {
    const [one, other] = [await addLink({ kind: 'invitation' }), await addLink({ kind: 'invitation' })]
    const [mine, theirs] = [await chosen(one.url, { username: 'ajax' }), await chosen(other.url, { username: 'ajax' })]
    const { action, fields } = passkeyFormOf(mine.page.html)
    const { set_up: foreign = '' } = passkeyFormOf(theirs.page.html).fields
    const credential = createAuthenticator(issuer).create(passkeyFormOf(theirs.page.html).options)
    for (const set_up of [foreign, fields['set_up']!]) {
      const answered = await mine.visitor.submit({ ...mine.page, form: { action, fields } }, { set_up, credential })
      t.equal(pageOf(answered).status, 403)
    }
    const { set_up: _, ...without } = fields
    t.equal(pageOf(await mine.visitor.submit({ ...mine.page, form: { action, fields: without } }, { credential })).status, 403)
    t.equal(await storage.users.findByUsername('ajax'), undefined)
  })
})

t.test('where the issuer is an address, an invitation offers no passkey, and takes none', async (t) => {
  const { addLink, open, submit, storage } = await start(t, { ISSUER: 'http://127.0.0.1:3000' })
  const opened = await open((await addLink({ kind: 'invitation' })).url)
  t.notMatch(opened.page.html, 'value="passkey"')
  const page = await submit(opened, { username: 'helen', way: 'passkey' })
  t.notMatch(page.html, 'data-passkey')
  t.equal((await submit(opened, { username: 'helen', way: 'passkey', set_up: 'x', credential: '{}' })).status, 403)
  t.equal(await storage.users.findByUsername('helen'), undefined)
})

for (const passwordLogin of ['off', 'admin'])
  t.test(`with PASSWORD_LOGIN=${passwordLogin}, an invitation speaks of no password, and takes none`, async (t) => {
    const { addLink, open, submit, storage } = await start(t, {
      PASSWORD_LOGIN: passwordLogin,
      SMTP_URL: 'smtp://localhost',
      MAIL_FROM: 'no-reply@auth.example.com',
    })
    const { url, link } = await addLink({ kind: 'invitation' })
    const opened = await open(url)
    t.match(opened.page.html, 'value="passkey"')
    t.match(textOf(opened.page.html), /confirm it/)
    const refused = await submit(opened, { username: 'helen', password: PASSWORD })
    t.match([refused.status, refused.html], [400, 'value="passkey"'], 'as a page from before the setting sends it')
    const chose = await submit(opened, { username: 'helen', way: 'passkey' })
    t.equal(chose.status, 200)
    for (const page of [opened.page, refused, chose]) t.notMatch(page.html, /type="password"|a password\b|new password/i)
    t.equal(await storage.users.findByUsername('helen'), undefined)
    t.equal((await storage.links.find(link.tokenHash))?.usedAt, undefined)
  })

t.test('somebody who forgot a password', async (t) => {
  const { addLink, open, submit, storage, clock, events } = await start(t)
  const resetOf = (userId: string) => addLink({ kind: 'reset', userId })

  t.test('sets another one, which ends the sessions and, if asked to, what apps may do', async (t) => {
    for (const endGrants of [false, true]) {
      const user = await addUser(storage)
      const { grant } = await addGrant(storage, { user, grant: { expiresAt: clock.now + HOUR } })
      const times = { authTime: clock.now, createdAt: clock.now, lastSeenAt: clock.now, expiresAt: clock.now + HOUR }
      const session = await addSession(storage, user.id, times)
      const opened = await open((await resetOf(user.id)).url)
      t.match(textOf(opened.page.html), new RegExp(user.username))
      const done = await submit(opened, { password: PASSWORD, ...(endGrants && { end_grants: 'yes' }) })
      t.match(textOf(done.html), /Your password is changed/)
      t.ok(await verifyPassword(PASSWORD, (await storage.users.find(user.id))?.passwordHash))
      t.equal(await storage.sessions.findLive(session.idHash, clock.now, 0), undefined)
      t.equal((await storage.grants.findLive(grant.id, 'jti', clock.now)) === undefined, endGrants)
      t.notOk(opened.visitor.cookies.has('solar-session'))
      const details = { user: user.username, by_link: true, grants_ended: endGrants }
      t.match((await events())[0], { name: 'user.password_changed', actor: `user ${user.username}`, details })
    }
  })

  t.test('hears what is wrong, and what was ticked stays so', async (t) => {
    const { id } = await addUser(storage)
    const again = await submit(await open((await resetOf(id)).url), { password: 'short', end_grants: 'yes' })
    t.match([again.status, textOf(again.html)], [400, /too short/])
    t.match(again.html, /name="end_grants"[^>]* checked/)
  })

  t.test('uses the link once; a second click is answered alike, and nobody learns more from the link', async (t) => {
    const { id } = await addUser(storage)
    const { url } = await resetOf(id)
    const [opened, other] = [await open(url), await open(url)]
    t.equal((await submit(opened, { password: PASSWORD })).status, 200)
    t.equal((await submit(opened, { password: PASSWORD })).status, 200)
    t.equal((await submit(other, { password: 'four mice behind the sofa' })).status, 410)
    t.ok(await verifyPassword(PASSWORD, (await storage.users.find(id))?.passwordHash))
    clock.now += 60_000
    t.equal((await submit(opened, { password: PASSWORD })).status, 410)
  })

  t.test('comes too late after half an hour, or once the account is gone, disabled or has another password', async (t) => {
    const { users } = storage
    for (const end of [
      async () => void (clock.now += HOUR / 2),
      (id: string) => users.delete(id, clock.now),
      (id: string) => users.disable(id, clock.now),
      (id: string) => users.changePassword(id, { passwordHash: 'x', endGrants: false }, clock.now),
    ]) {
      const { id } = await addUser(storage)
      const { url } = await resetOf(id)
      const opened = await open(url)
      await end(id)
      const { page } = await open(url)
      t.match([page.status, textOf(page.html)], [410, /Ask for another link/])
      t.equal((await submit(opened, { password: PASSWORD })).status, 410)
    }
  })
})

t.test('of two forms with one link at once, on one node, exactly one counts', async (t) => {
  const { addLink, open, submit, storage } = await start(t)
  const { url } = await addLink({ kind: 'invitation' })
  const tabs = await Promise.all([open(url), open(url)])
  const answers = await Promise.all(tabs.map((tab, index) => submit(tab, { username: `tab${index}`, password: PASSWORD })))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 410])
  t.equal((await storage.users.list()).length, 2, 'the administrator, and one more')
})

t.test('a person who tries too much waits, and the link still counts', async (t) => {
  const { addLink, open, submit, clock, storage } = await start(t, { RATE_LIMIT_LOGIN: '3/15m' })
  const user = await addUser(storage)
  const invitation = await addLink({ kind: 'invitation' })
  const reset = await addLink({ kind: 'reset', userId: user.id })
  for (const { url } of [invitation, reset]) {
    const opened = await open(url)
    for (let tries = 0; tries < 3; tries++) t.equal((await submit(opened, { username: 'x', password: 'short' })).status, 400)
    const limited = await submit(opened, { username: 'helen', password: PASSWORD })
    t.match([limited.status, limited.headers.get('retry-after'), textOf(limited.html)], [429, '900', /about 15 minutes/])
    clock.now += 15 * 60_000
    if (url === reset.url) continue
    t.equal((await submit(opened, { username: 'helen', password: PASSWORD })).status, 200)
  }
})

t.test('a form of another site, and a malformed one, does nothing', async (t) => {
  const { addLink, open, issuer, app, storage } = await start(t)
  const user = await addUser(storage)
  for (const about of [{ kind: 'invitation' }, { kind: 'reset', userId: user.id }] as const) {
    const { url } = await addLink(about)
    const { visitor, page } = await open(url)
    const foreign = await visitor.submit(page, { username: 'eve', password: PASSWORD }, { origin: 'https://evil.example' })
    t.equal(pageOf(foreign).status, 403)
    const { pathname } = new URL(page.form!.action, issuer)
    const payload = 'token=a&token=b&username=x&password=y'
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(issuer).origin }
    t.equal((await app.inject({ method: 'POST', url: pathname, payload, headers })).statusCode, 400)
    t.equal((await app.inject(`${pathname}?token=a&token=b`)).statusCode, 400)
  }
  t.equal(await storage.users.findByUsername('eve'), undefined)
})

t.test('a link whose account goes while its page is opened is refused', async (t) => {
  const { addLink, open, storage } = await start(t)
  const { id: userId } = await addUser(storage)
  const links = [await addLink({ kind: 'reset', userId }), await addLink({ kind: 'address', userId, address: 'a@example.com' })]
  t.teardown(stub(storage.users, { find: async () => undefined }))
  for (const { url } of links) t.equal((await open(url)).page.status, 410)
})
