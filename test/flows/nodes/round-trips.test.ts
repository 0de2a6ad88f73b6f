// What each request costs: on PostgreSQL in round trips, which its time is made of with the database in another building; on SQLite in
// statements.
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import type { Driver } from '#src/storage/driver.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { addRule } from '#test/support/access.ts'
import { createApp, injectFetch } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { HTTPS, VERIFIER, authorizeUrl } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { startProxy } from '#test/storage/proxy.ts'
import { watchedDriver } from '#test/storage/recording-driver.ts'

await withPostgres(t, async (t, server) => {
  const proxy = await startProxy(await server.createDatabase('?pool_size=1'))
  const made = await createApp(t, { DATABASE_URL: proxy.url })
  t.teardown(() => proxy.close())
  const figures = await figuresOf(t, made, proxy.trips)
  t.strictSame(figures.plain, {
    registration: 1,
    authorization: 3, // one that needs no page: client, session with consent, grant with code
    push: 2, // client, request
    ofPushed: 4, // client, request, session with consent, its use with grant and code
    exchange: 3, // client, code with grant and user, redemption with its event
    refresh: 3, // client, token with grant, rotation
    userinfo: 1, // grant with user
    introspection: 1, // client with grant and user
    introspectionOfRefreshToken: 2, // client, token with grant
    revocation: 4, // client, token with grant, the end of the grant, its event
    // What is refused costs more: client, code with grant, the redemption in vain, why in a transaction of four, and two for the audit log.
    replay: 9,
  })
  t.match(figures.plain, figures.ruled, 'with rules each costs what it costs without')
  t.strictSame(figures.byResource, { jwt: 1, opaque: 1 }, 'a resource, and what it asks about')
  const other = await startProxy(await server.createDatabase('?pool_size=1'))
  const approving = await createApp(t, { DATABASE_URL: other.url, CLIENTS: 'approve' })
  t.teardown(() => other.close())
  t.strictSame(
    (await figuresOf(t, approving, other.trips)).plain,
    figures.plain,
    'an app that an operator approved costs what any app costs',
  )
})

t.test('with rules each request executes as many statements on SQLite as without', async (t) => {
  let statements = 0
  const made = await createApp(t, {}, undefined, { wrapDriver: (driver) => watchedDriver(driver, () => void statements++) })
  const figures = await figuresOf(t, made, () => statements)
  t.strictSame(figures.plain, {
    registration: 2,
    authorization: 4,
    push: 2,
    ofPushed: 6,
    exchange: 5,
    refresh: 6,
    userinfo: 1,
    introspection: 1,
    introspectionOfRefreshToken: 2,
    revocation: 4,
    replay: 7,
  })
  t.match(figures.plain, figures.ruled)
  t.strictSame(figures.byResource, { jwt: 1, opaque: 1 })
  const wrapDriver = (driver: Driver) => watchedDriver(driver, () => void statements++)
  const approving = await createApp(t, { CLIENTS: 'approve' }, undefined, { wrapDriver })
  t.strictSame((await figuresOf(t, approving, () => statements)).plain, figures.plain, 'nor does an approval cost any')
})

/** What requests cost where there are no rules, and the same ones with rules. */
async function figuresOf(t: Test, { app, config, storage, clock }: TestApp, count: () => number) {
  const send = injectFetch(app)
  const person = createPerson(config.issuer, send)

  /** How many round trips a call takes, and what it brings. */
  async function counted<T>(call: () => Promise<T>): Promise<[number, T]> {
    const before = count()
    const outcome = await call()
    await wait(100) // the audit log learns of some things after the answer
    return [count() - before, outcome]
  }
  const register = () =>
    app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [HTTPS], token_endpoint_auth_method: 'client_secret_post' } })
  const client = (await register()).json<{ client_id: string; client_secret: string }>()
  if (config.clients === 'approve') t.ok(await storage.clients.approve((await storage.clients.find(client.client_id))!))
  const post =
    (url: string, form: Record<string, string>, by: Record<string, string> = client) =>
    async () => {
      const { client_id, client_secret } = by
      const payload = new URLSearchParams({ ...form, client_id: client_id!, client_secret: client_secret! }).toString()
      const response = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
      return {
        status: response.statusCode,
        ...(JSON.parse(response.body || '{}') as Record<'access_token' | 'refresh_token' | 'request_uri', string> & { active?: boolean }),
      }
    }
  const authorize = () => person.authorize(authorizeUrl(config.issuer, client.client_id, { scope: 'openid offline_access' }))
  await authorize() // logs in and allows

  const [registration] = await counted(register)
  const [authorization, away] = await counted(authorize)
  const asked = new URL(authorizeUrl(config.issuer, client.client_id, { scope: 'openid offline_access' })).searchParams
  const [push, pushed] = await counted(post('/par', Object.fromEntries(asked)))
  const [ofPushed, pushedAway] = await counted(() =>
    person.authorize(
      new URL(`${config.issuer}/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri })}`),
    ),
  )
  t.ok(pushedAway.searchParams.has('code'))
  const exchangeOf = (redirect: URL, more: Record<string, string> = {}) =>
    post('/token', {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code')!,
      redirect_uri: HTTPS,
      code_verifier: VERIFIER,
      ...more,
    })
  const refreshOf = (token: string) => post('/token', { grant_type: 'refresh_token', refresh_token: token })
  const introspect = (token: string) => counted(post('/introspect', { token }))
  const introspectAs = async (resourceId: string, token: string) => {
    const asked = await counted(post('/introspect', { token }, { client_id: resourceId, client_secret: 'moons' }))
    t.equal(asked[1].active, true)
    return asked
  }
  const [exchange, tokens] = await counted(exchangeOf(away))
  const [refresh, refreshed] = await counted(refreshOf(tokens.refresh_token))
  const bearer = { authorization: `Bearer ${refreshed.access_token}` }
  const [userinfo, known] = await counted(() => app.inject({ url: '/userinfo', headers: bearer }))
  const [introspection] = await introspect(refreshed.access_token)
  const [introspectionOfRefreshToken] = await introspect(refreshed.refresh_token)
  const [revocation] = await counted(post('/revoke', { token: refreshed.refresh_token }))
  t.strictSame([tokens.status, refreshed.status, known.statusCode], [200, 200, 200])
  const [replay, replayed] = await counted(exchangeOf(away))
  t.equal(replayed.status, 400)

  // Access rules are read with the resources, every few seconds, and not by the request.
  const uri = 'https://planets.example/mcp'
  const scopes = [{ name: 'read', description: 'To read' }]
  const { id } = await addResource(storage, { identifier: uri, scopes, secretHash: sha256('moons') })
  await storage.groups.insert({ name: 'nobody', description: '', createdAt: clock.now })
  for (const changes of [{}, { scopes: ['read'] }, { who: { kind: 'group', group: 'nobody' } as const }])
    await addRule({ storage, clock }, id, 'allow', changes)
  const authorizeRuled = () =>
    person.authorize(authorizeUrl(config.issuer, client.client_id, { scope: 'openid offline_access read', resource: uri }))
  await authorizeRuled()
  const [ruledAuthorization, ruledAway] = await counted(authorizeRuled)
  const [ruledExchange, ruledTokens] = await counted(exchangeOf(ruledAway, { resource: uri }))
  const [ruledRefresh, last] = await counted(refreshOf(ruledTokens.refresh_token))
  const [ruledIntrospection] = await introspect(last.access_token)
  t.strictSame([ruledTokens.status, last.status], [200, 200])
  const [jwt] = await introspectAs(id, last.access_token)
  const resource = (await storage.resources.find(id))!
  t.ok(await storage.resources.update({ before: resource, after: { ...resource, accessTokenFormat: 'opaque', updatedAt: clock.now } }))
  clock.now += 60_000 // the server reads its resources again
  const { access_token: opaqueToken } = await refreshOf(last.refresh_token)()
  t.notMatch(opaqueToken, '.')
  const [opaque] = await introspectAs(id, opaqueToken)
  return {
    plain: {
      registration,
      authorization,
      push,
      ofPushed,
      exchange,
      refresh,
      userinfo,
      introspection,
      introspectionOfRefreshToken,
      revocation,
      replay,
    },
    byResource: { jwt, opaque },
    ruled: { authorization: ruledAuthorization, exchange: ruledExchange, refresh: ruledRefresh, introspection: ruledIntrospection },
  }
}
