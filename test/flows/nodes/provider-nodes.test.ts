// Three nodes on one database, under an issuer with a path: a login begins on one and ends on another, one of them made since; of two
// that ask a provider whose token rotates, one does.
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { createApp, injectFetch } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { HTTPS, VERIFIER, authorizeUrl, registerClient } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { createProvider } from '#test/support/providers/provider.ts'
import { OIDC, pressProvider } from '#test/support/providers/provider-flow.ts'

const ISSUER = 'https://auth.example.com/team'
const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true }
const MINUTE = 60_000

/** A login by a provider during which the only server of a database ends and another begins. */
async function loginOverRestart(t: Test, databaseUrl: string): Promise<void> {
  const provider = await createProvider(Date.now)
  const env = { ...OIDC, ISSUER, ADMIT: '@acme.example', ADMIN_PASSWORD: 'a password of tests', DATABASE_URL: databaseUrl }
  const start = () => createApp(t, env, undefined, { running: true, providerFetch: { fetch: provider.fetch } })
  let server = await start()
  const restart = async () => {
    await server.app.close()
    server = await start()
  }
  const send: typeof fetch = (...request) => injectFetch(server.app)(...request)
  const clientId = await registerClient(send, ISSUER)
  const browser = createPerson(ISSUER, send)
  const { page } = await browser.open(authorizeUrl(ISSUER, clientId, { scope: 'openid' }))
  await restart()
  const { away } = await pressProvider(browser, page!)
  const back = provider.visit(away!, HELEN)
  await restart()
  const { page: consent } = await browser.open(back)
  t.match(consent?.html, /page-consent/)
  await restart()
  t.match((await browser.open(back)).page, { status: 400 }, 'what is used up stays so')
  const answer = await browser.submit(consent!, { decision: 'allow' })
  t.ok(answer.away!.searchParams.get('code'))
}

t.test('a login by a provider survives restarts on SQLite', (t) => loginOverRestart(t, `sqlite:${join(t.testdir(), 'solar.db')}`))

await withPostgres(t, async (t, server) => {
  await t.test('a login by a provider survives restarts on PostgreSQL', async (t) => loginOverRestart(t, await server.createDatabase()))

  let now = Date.now()
  const provider = await createProvider(() => now)
  const env = {
    ...OIDC,
    ISSUER,
    ADMIT: '@acme.example',
    ADMIN_PASSWORD: 'a password of tests',
    DATABASE_URL: await server.createDatabase(),
  }
  const nodes: TestApp[] = []
  const add = async () => nodes.push(await createApp(t, env, undefined, { now, providerFetch: { fetch: provider.fetch } }))
  for (let node = 0; node < 3; node++) await add()
  const pass = (ms: number) => {
    now += ms
    for (const { clock } of nodes) clock.now = now
  }
  const on = (node: number) => injectFetch(nodes[node]!.app)
  let turn = 0
  /** As a proxy without a memory: each request goes to the next node. */
  const send: typeof fetch = (...request) => on(turn++ % nodes.length)(...request)

  const clientId = await registerClient(on(0), ISSUER)
  const browser = createPerson(ISSUER, send)
  const { page } = await browser.open(authorizeUrl(ISSUER, clientId, { scope: 'openid offline_access' }))
  const { away } = await pressProvider(browser, page!)
  t.equal(away!.searchParams.get('redirect_uri'), `${ISSUER}/login/acme/callback`)
  await nodes.shift()!.app.close()
  await add()
  const { page: consent } = await browser.open(provider.visit(away!, HELEN))
  t.match(consent?.html, /page-consent/)
  const answer = await browser.submit(consent!, { decision: 'allow' })
  const form = {
    grant_type: 'authorization_code',
    code: answer.away!.searchParams.get('code')!,
    redirect_uri: HTTPS,
    client_id: clientId,
    code_verifier: VERIFIER,
  }
  const exchanged = await send(`${ISSUER}/token`, { method: 'POST', body: new URLSearchParams(form) })
  t.match(await exchanged.json(), { access_token: String, refresh_token: String })

  const { storage } = nodes[0]!
  const [user] = await storage.users.findByEmail('helen@acme.example')
  const identity = async () => (await storage.identities.listOf(user!.id))[0]!
  const asked = () => provider.requests.filter((each) => each === 'POST /token').length
  provider.switches = { refresh: 'rotates' }
  for (let round = 0; round < 3; round++) {
    const before = { asked: asked(), ...(await identity()) }
    pass(10 * MINUTE)
    // The browser and the app are in use.
    await browser.open(authorizeUrl(ISSUER, clientId))
    await Promise.all(nodes.map(({ app }) => app.checkIdentities()))
    t.equal(asked(), before.asked + 1, 'one node asks')
    const after = await identity()
    t.not(after.encryptedRefreshToken, before.encryptedRefreshToken)
    t.equal(after.lastCheckedAt, now)
    t.equal((await storage.users.find(user!.id))!.disabledAt, undefined)
  }
})
