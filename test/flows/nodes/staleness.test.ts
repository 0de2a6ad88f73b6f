// What one node ends, or makes, the other one knows: at once where it is a record, within the bound of docs/databases.md where it is a signing key.
import { readFileSync } from 'node:fs'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { FOLLOW_MS } from '#src/domain/key/key-schedule.ts'
import { MISSED_PAUSE_MS, loadKeyset } from '#src/crypto/keyset.ts'
import { ADMIN, ISSUER, SECRET, createApp, injectFetch } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { HTTPS, VERIFIER, authorizeUrl, registerClient, whereabouts } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { addOwner } from '#test/storage/conformance/records.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

type Tokens = Record<'access_token' | 'refresh_token' | 'id_token', string>

await withPostgres(t, async (t, server) => {
  const DATABASE_URL = await server.createDatabase()
  const [here, there] = await Promise.all([createApp(t, { DATABASE_URL }), createApp(t, { DATABASE_URL })])

  async function post({ app }: TestApp, url: string, form: Record<string, string>) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return app.inject({ method: 'POST', url, headers, payload: new URLSearchParams(form).toString() })
  }
  /** A client and a person who allowed it, both known to either node; tokens as often as asked, at either node. */
  async function connect() {
    const clientId = await registerClient(injectFetch(here.app), ISSUER)
    const person = createPerson(ISSUER, injectFetch(here.app))
    await person.authorize(authorizeUrl(ISSUER, clientId, { scope: 'openid offline_access' }), ADMIN)
    async function tokensAt(node: TestApp): Promise<Tokens> {
      const again = createPerson(ISSUER, injectFetch(node.app))
      for (const [name, value] of person.cookies) again.cookies.set(name, value)
      const away = await again.authorize(authorizeUrl(ISSUER, clientId, { scope: 'openid offline_access' }), ADMIN)
      const answer = await post(node, '/token', {
        grant_type: 'authorization_code',
        client_id: clientId,
        code: away.searchParams.get('code')!,
        redirect_uri: HTTPS,
        code_verifier: VERIFIER,
      })
      return answer.json<Tokens>()
    }
    const refreshAt = (node: TestApp, refresh_token: string) =>
      post(node, '/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token })
    return { clientId, person, tokensAt, refreshAt }
  }
  const userinfo = async ({ app }: TestApp, token: string) =>
    (await app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })).statusCode

  t.test('a grant that is revoked here is dead there at once, its remembered access token included', async (t) => {
    const { clientId, tokensAt, refreshAt } = await connect()
    const tokens = await tokensAt(there)
    t.equal(await userinfo(there, tokens.access_token), 200, 'verified, and remembered')
    await post(here, '/revoke', { client_id: clientId, token: tokens.refresh_token })
    t.equal(await userinfo(there, tokens.access_token), 401)
    t.match((await refreshAt(there, tokens.refresh_token)).json(), { error: 'invalid_grant' })
  })

  t.test('an access token that is revoked here is dead there at once', async (t) => {
    const { clientId, tokensAt } = await connect()
    const { access_token } = await tokensAt(there)
    t.equal(await userinfo(there, access_token), 200)
    await post(here, '/revoke', { client_id: clientId, token: access_token })
    t.equal(await userinfo(there, access_token), 401)
  })

  t.test('a client that is deleted here is unknown there at once, with its tokens', async (t) => {
    const { clientId, tokensAt, refreshAt } = await connect()
    const tokens = await tokensAt(there)
    await here.storage.clients.delete(clientId)
    t.match((await refreshAt(there, tokens.refresh_token)).json(), { error: 'invalid_client' })
    t.equal(await userinfo(there, tokens.access_token), 401)
  })

  t.test('a session that ends here has ended there at once', async (t) => {
    const { clientId, person } = await connect()
    const elsewhere = createPerson(ISSUER, injectFetch(there.app))
    for (const [name, value] of person.cookies) elsewhere.cookies.set(name, value)
    const url = authorizeUrl(ISSUER, clientId, { scope: 'openid offline_access' })
    t.equal(whereabouts(await elsewhere.open(url)), 'client', 'one login for both nodes')
    const page = (await person.open(`${ISSUER}/logout`)).page!
    await person.submit(page, {})
    t.equal(whereabouts(await elsewhere.open(url)), 'login')
  })

  t.test('failed logins here count there', async (t) => {
    const { clientId } = await connect()
    for (let attempt = 0; attempt <= 10; attempt++) {
      const person = createPerson(ISSUER, injectFetch((attempt % 2 === 0 ? here : there).app))
      const login = (await person.open(authorizeUrl(ISSUER, clientId))).page!
      const { page } = await person.submit(login, { username: 'somebody', password: 'wrong' })
      t.equal(page?.status, attempt < 10 ? 403 : 429)
    }
  })

  t.test('a signing key that was made here', async (t) => {
    const { tokensAt } = await connect()
    // What a rotation does: a key of the next generation, by a node that starts anew.
    const aside = await openPrepared()
    t.teardown(() => aside.close())
    await loadKeyset(aside.keys, SECRET, here.clock.now)
    for (const key of await aside.keys.list()) t.ok(await here.storage.keys.insert({ ...key, generation: 2 }))
    const kids = (await aside.keys.list()).map(({ kid }) => kid)
    const kidsAt = async (node: TestApp) => ((await node.app.inject('/jwks')).json() as JSONWebKeySet).keys.map(({ kid }) => kid)

    here.clock.now += FOLLOW_MS
    const tokens = await tokensAt(here)
    const published = (await here.app.inject('/jwks')).json() as JSONWebKeySet
    const { protectedHeader } = await jwtVerify(tokens.access_token, createLocalJWKSet(published))
    t.ok(kids.includes(protectedHeader.kid!), 'signs here within the bound')
    t.notOk((await kidsAt(there)).includes(kids[0]), 'there it is not known yet')
    there.clock.now += MISSED_PAUSE_MS
    t.equal(await userinfo(there, tokens.access_token), 200, 'is looked up there as soon as a token names it')
    t.ok((await kidsAt(there)).includes(kids[0]), 'and published')
    const { id_token } = await tokensAt(there)
    t.ok(kids.includes((await jwtVerify(id_token, createLocalJWKSet(published))).protectedHeader.kid!), 'and signs')
    t.strictSame(await kidsAt(there), await kidsAt(here))
  })

  t.test('a person who is disabled here is nobody there at once', async (t) => {
    const { tokensAt, refreshAt, clientId, person } = await connect()
    const tokens = await tokensAt(there)
    const user = (await here.storage.users.findAdministrator())!
    await addOwner(here.storage)
    await here.storage.users.disable(user.id, here.clock.now)
    t.equal(await userinfo(there, tokens.access_token), 401)
    t.match((await refreshAt(there, tokens.refresh_token)).json(), { error: 'invalid_grant' })
    const elsewhere = createPerson(ISSUER, injectFetch(there.app))
    for (const [name, value] of person.cookies) elsewhere.cookies.set(name, value)
    t.equal(whereabouts(await elsewhere.open(authorizeUrl(ISSUER, clientId))), 'login')
  })
})

t.test('the operator reads the bounds that hold', async (t) => {
  const databases = readFileSync(new URL('../../../docs/databases.md', import.meta.url), 'utf8')
  t.ok(databases.includes(`| signing keys | ${FOLLOW_MS / 1000} s, ${MISSED_PAUSE_MS / 1000} s`))
})
