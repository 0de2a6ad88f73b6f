/** threat-model.md T26: a link that is shown to, kept by, or asked for by somebody whom it isn't for. */
import t from 'tap'
import type { Test } from 'tap'
import { makeLink } from '#src/domain/link/link-address.ts'
import { newSecret } from '#src/crypto/random.ts'
import { createApp, injectFetch } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { captureLog } from '#test/support/log.ts'
import { createPerson } from '#test/support/people/person.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { addUser } from '#test/storage/conformance/records.ts'

const PASSWORD = 'three mice behind the sofa'
const KINDS = ['invitation', 'reset', 'address'] as const

async function start(t: Test, env: Record<string, string> = {}) {
  const log = captureLog()
  const made = await createApp(t, env, log.logger)
  const { issuer } = made.config
  const addLink = async (kind: (typeof KINDS)[number]) => {
    const about = kind === 'invitation' ? {} : { userId: (await addUser(made.storage)).id }
    const { link, url } = makeLink(issuer, { kind, address: 'helen@example.com', ...about }, newSecret(), made.clock.now)
    await made.storage.links.insert(link)
    return { link, url, token: new URL(url).searchParams.get('token')! }
  }
  return { ...made, issuer, log, addLink, person: () => createPerson(issuer, injectFetch(made.app)) }
}

t.test('T26: a program that follows the links in mails, however often, uses none up', async (t) => {
  const { app, addLink, storage, person } = await start(t)
  for (const kind of KINDS) {
    const { url, link } = await addLink(kind)
    const { pathname, search } = new URL(url)
    for (const method of ['GET', 'HEAD', 'OPTIONS'] as const) await app.inject({ method, url: pathname + search })
    for (let visits = 0; visits < 3; visits++) t.equal(pageOf(await person().open(url)).status, 200)
    t.equal((await storage.links.find(link.tokenHash))?.usedAt, undefined, kind)
  }
})

t.test('T26: a token leaves the address at once, and is in no line of the log', async (t) => {
  const { app, addLink, person, log } = await start(t)
  for (const kind of KINDS) {
    const { url, token } = await addLink(kind)
    const { pathname, search } = new URL(url)
    const { statusCode, headers } = await app.inject(pathname + search)
    t.match(
      { statusCode, ...headers },
      { statusCode: 303, location: pathname, 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' },
    )
    t.match(String(headers['set-cookie']), /HttpOnly; SameSite=Lax/)
    const page = pageOf(await person().open(url))
    t.notMatch(page.url, token)
    t.match([page.headers.get('referrer-policy'), page.headers.get('cache-control')], ['same-origin', 'no-store'])
    for (const [, href] of page.html.matchAll(/<(?:a|img|link|script)\b[^>]*(?:href|src)="([^"]*)"/g))
      t.match(href, /^\//, 'nothing of another host')
    t.notOk(log.text().includes(token), kind)
  }
})

t.test('T26: a link is good for what it is, and a guess for nothing', async (t) => {
  const { app, addLink, issuer, storage } = await start(t)
  const links = await Promise.all(KINDS.map(addLink))
  const paths = links.map(({ url }) => new URL(url).pathname)
  const before = JSON.stringify(await storage.users.list())
  for (const [index, { token }] of links.entries())
    for (const [other, path] of paths.entries()) {
      if (other === index) continue
      const payload = new URLSearchParams({ token, username: 'eve', password: PASSWORD }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: issuer }
      t.equal((await app.inject({ method: 'POST', url: path, payload, headers })).statusCode, 410)
    }
  for (const path of paths) {
    const payload = new URLSearchParams({ token: newSecret(), username: 'eve', password: PASSWORD }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: issuer }
    t.equal((await app.inject({ method: 'POST', url: path, payload, headers })).statusCode, 410)
  }
  t.equal(JSON.stringify(await storage.users.list()), before)
})

t.test('T26: who has the database has no link', async (t) => {
  const { addLink, storage, clock } = await start(t)
  const { token } = await addLink('reset')
  const kept = JSON.stringify(await storage.links.list({ now: clock.now, limit: 9 }))
  t.notOk(kept.includes(token))
})

await withPostgres(t, async (t, server) => {
  await t.test('T26: of two who use one link at once on two nodes, one does', async (t) => {
    const url = await server.createDatabase()
    const nodes = [await start(t, { DATABASE_URL: url }), await start(t, { DATABASE_URL: url })] as const
    const { url: invitation } = await nodes[0].addLink('invitation')
    const { url: reset, link } = await nodes[0].addLink('reset')
    for (const [address, fields] of [
      [invitation, (name: string) => ({ username: name, password: `${PASSWORD} ${name}` })],
      [reset, (name: string) => ({ password: `${PASSWORD} ${name}` })],
    ] as const) {
      const browsers = nodes.map((node) => node.person())
      const pages = await Promise.all(browsers.map(async (browser) => pageOf(await browser.open(address))))
      const answers = await Promise.all(
        browsers.map(async (browser, index) => pageOf(await browser.submit(pages[index]!, fields(`node${index}`)))),
      )
      t.strictSame(answers.map(({ status }) => status).sort(), [200, 410])
    }
    const names = (await nodes[1].storage.users.list()).map(({ username }) => username)
    t.equal(names.filter((name) => name.startsWith('node')).length, 1)
    t.not((await nodes[1].storage.links.find(link.tokenHash))?.usedAt, undefined)
  })
})
