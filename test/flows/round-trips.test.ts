// What each request costs on PostgreSQL, in round trips: with the database in another building, that is what a request's time is made of.
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { addRule } from '#test/support/access.ts'
import { createApp, injectFetch } from '#test/support/app.ts'
import { HTTPS, VERIFIER, authorizeUrl } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/person.ts'
import { withPostgres } from '#test/support/postgres.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { startProxy } from '#test/storage/proxy.ts'

await withPostgres(t, async (t, server) => {
  const proxy = await startProxy(await server.createDatabase('?pool_size=1'))
  const { app, config, storage, clock } = await createApp(t, { DATABASE_URL: proxy.url })
  t.teardown(() => proxy.close())
  const send = injectFetch(app)
  const person = createPerson(config.issuer, send)

  /** How many round trips a call takes, and what it brings. */
  async function counted<T>(call: () => Promise<T>): Promise<[number, T]> {
    const before = proxy.trips()
    const outcome = await call()
    await wait(100) // the audit log learns of some things after the answer
    return [proxy.trips() - before, outcome]
  }
  const register = () =>
    app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [HTTPS], token_endpoint_auth_method: 'client_secret_post' } })
  const client = (await register()).json<{ client_id: string; client_secret: string }>()
  const post = (url: string, form: Record<string, string>) => async () => {
    const payload = new URLSearchParams({ ...form, client_id: client.client_id, client_secret: client.client_secret }).toString()
    const response = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    return { status: response.statusCode, ...(JSON.parse(response.body || '{}') as Record<'access_token' | 'refresh_token', string>) }
  }
  const authorize = () => person.authorize(authorizeUrl(config.issuer, client.client_id, { scope: 'openid offline_access' }))
  await authorize() // logs in and allows

  t.equal((await counted(register))[0], 1, 'a registration')
  const [authorizing, away] = await counted(authorize)
  t.equal(authorizing, 3, 'an authorization that needs no page: client, session with consent, grant with code')
  const exchange = post('/token', {
    grant_type: 'authorization_code',
    code: away.searchParams.get('code')!,
    redirect_uri: HTTPS,
    code_verifier: VERIFIER,
  })
  const [exchanging, tokens] = await counted(exchange)
  t.equal(exchanging, 3, 'a code exchange: client, code with grant and user, redemption with its event')
  const [refreshing, refreshed] = await counted(post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }))
  t.equal(refreshing, 3, 'a refresh: client, token with grant, rotation')
  const [asking, userinfo] = await counted(() =>
    app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${refreshed.access_token}` } }),
  )
  t.equal(asking, 1, 'UserInfo: grant with user')
  const introspect = (token: string) => counted(post('/introspect', { token }))
  t.equal((await introspect(refreshed.access_token))[0], 2, 'introspection of an access token: client, grant with user')
  t.equal((await introspect(refreshed.refresh_token))[0], 2, 'introspection of a refresh token: client, token with grant')
  t.equal(
    (await counted(post('/revoke', { token: refreshed.refresh_token })))[0],
    4,
    'a revocation: client, token with grant, the end of the grant, its event',
  )
  t.strictSame([tokens.status, refreshed.status, userinfo.statusCode], [200, 200, 200])

  // Access rules are read with the resources, every few seconds, and not by the request.
  const uri = 'https://planets.example/mcp'
  const { id } = await addResource(storage, { identifier: uri, scopes: [{ name: 'read', description: 'To read' }] })
  await storage.groups.insert({ name: 'nobody', description: '', createdAt: clock.now })
  for (const changes of [{}, { scopes: ['read'] }, { who: { kind: 'group', group: 'nobody' } as const }])
    await addRule({ storage, clock }, id, 'allow', changes)
  const authorizeRuled = () =>
    person.authorize(authorizeUrl(config.issuer, client.client_id, { scope: 'openid offline_access read', resource: uri }))
  await authorizeRuled()
  const [ruled, ruledAway] = await counted(authorizeRuled)
  const form = { grant_type: 'authorization_code', redirect_uri: HTTPS, code_verifier: VERIFIER, resource: uri }
  const [ruledExchange, ruledTokens] = await counted(post('/token', { ...form, code: ruledAway.searchParams.get('code')! }))
  const [ruledRefresh, last] = await counted(post('/token', { grant_type: 'refresh_token', refresh_token: ruledTokens.refresh_token }))
  const [ruledIntrospection] = await introspect(last.access_token)
  t.strictSame([ruledTokens.status, last.status], [200, 200])
  t.strictSame(
    [ruled, ruledExchange, ruledRefresh, ruledIntrospection],
    [authorizing, exchanging, refreshing, 2],
    'with rules each costs what it costs without',
  )

  const [replaying, replayed] = await counted(exchange)
  t.equal(replayed.status, 400)
  t.equal(
    replaying,
    9,
    'what is refused costs more: client, code with grant, the redemption in vain, why in a transaction of four, and two for the audit log',
  )
})
