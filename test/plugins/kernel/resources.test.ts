/** What a registered MCP server changes for clients and people: scopes, consent, tokens. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import type { Resource } from '#src/domain/resource/resource.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { createConversation } from '#test/support/conversation.ts'
import { answerOf, pageOf, startFlow, textOf } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'
import { FULL_PROFILE, sampleResource } from '#test/support/records.ts'

const METADATA = '/.well-known/oauth-authorization-server'
const BUILT_IN = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']
const planets = sampleResource()
const moons = sampleResource({
  id: 'resource_moons',
  identifier: 'https://moons.example',
  name: 'Moons',
  scopes: [
    { name: 'tools:read', description: 'Read moons' },
    { name: 'moons', description: 'Count moons' },
  ],
})

/** A client and a person at a server where these are registered. */
async function converse(t: Test, resources: readonly Partial<Resource>[] = [{}], env: Record<string, string> = {}) {
  const made = await createConversation(t, { env })
  for (const [index, resource] of resources.entries())
    await made.storage.resources.insert(sampleResource({ id: `resource_${index}`, ...resource }))
  made.clock.now += FRESH_MS
  return made
}

t.test('scopes are advertised, and gone again, within five seconds of the change, wherever it was made', async (t) => {
  const { app, storage, clock } = await createConversation(t)
  const advertised = async () => (await app.inject(METADATA)).json<{ scopes_supported: string[] }>().scopes_supported
  t.equal(FRESH_MS, 5000)
  t.strictSame(await advertised(), BUILT_IN)
  await storage.resources.insert(planets) // as the command line or another node does
  clock.now += FRESH_MS - 1
  t.strictSame(await advertised(), BUILT_IN, 'the database is not asked each time')
  clock.now += 1
  t.strictSame(await advertised(), [...BUILT_IN, 'tools:read', 'tools:write'])
  await storage.resources.update({ before: planets, after: { ...planets, scopes: [{ name: 'more', description: 'More' }] } })
  clock.now += FRESH_MS
  t.strictSame((await Promise.all([advertised(), advertised()]))[1], [...BUILT_IN, 'more'])
  await storage.resources.delete(planets.id)
  clock.now -= FRESH_MS
  t.strictSame(await advertised(), BUILT_IN, 'a clock that is set back keeps nothing alive')
})

t.test('every scope that is advertised can be granted', async (t) => {
  const { app, tokens, storage, clock } = await converse(t, [planets, moons])
  const { id } = (await storage.users.findAdministrator())!
  await storage.users.update({ id, username: 'admin', profile: FULL_PROFILE, emailVerified: false }, clock.now)
  const { scopes_supported } = (await app.inject(METADATA)).json<{ scopes_supported: string[] }>()
  t.strictSame(scopes_supported, [...BUILT_IN, 'tools:read', 'tools:write', 'moons'])
  for (const scope of scopes_supported) {
    const [one, other] = [await tokens({ scope, resource: planets.identifier }), await tokens({ scope, resource: moons.identifier })]
    t.ok(one.scope === scope || other.scope === scope, scope)
  }
  const all = await tokens({ scope: scopes_supported.join(' '), resource: planets.identifier })
  t.equal(
    all.scope,
    'openid profile email address phone offline_access tools:read tools:write',
    'a client that asks for everything gets what the resource has',
  )
})

t.test('a client that cannot reach the database discovers us still, by what was read last', async (t) => {
  const { app, storage, clock } = await converse(t)
  t.match((await app.inject(METADATA)).json(), { scopes_supported: [...BUILT_IN, 'tools:read', 'tools:write'] })
  await storage.close()
  clock.now += FRESH_MS
  const response = await app.inject(METADATA)
  t.match([response.statusCode, response.json()], [200, { scopes_supported: [...BUILT_IN, 'tools:read', 'tools:write'] }])
})

t.test('a person reads what each MCP server calls itself and its scopes, and nothing of what was not asked', async (t) => {
  const flow = await startFlow(t)
  const odd = {
    name: 'Moons <b>',
    scopes: [
      { name: 'moons', description: 'Count & <i>name</i> moons' },
      { name: 'hidden', description: 'Hidden' },
    ],
  }
  for (const resource of [planets, { ...moons, ...odd }]) await flow.storage.resources.insert(resource)
  flow.clock.now += FRESH_MS
  const person = flow.person()
  const resource = [planets.identifier, 'https://moons.example/', 'https://stranger.example/']
  const login = pageOf(await person.open(flow.url({ scope: 'openid tools:read moons', resource })))
  const { html } = pageOf(await person.submit(login, ADMIN))
  const text = textOf(html)
  t.match(
    text,
    /Use Planets as you https:\/\/mcp\.example\/mcp Read your tools Use Moons <b> as you https:\/\/moons\.example Count & <i>name<\/i> moons Use stranger\.example as you https:\/\/stranger\.example\/ Not registered here: only this address is known\. All tools of this server It can also Know that it's you/,
  )
  t.notMatch(text, /Change your tools|Hidden/)
  t.notMatch(html, /<b>|<i>/, 'escaped (T1)')
})

t.test('a person reads what a scope allows in their language, if its operator wrote that', async (t) => {
  const flow = await startFlow(t)
  const scopes = [{ name: 'moons:count', description: 'Count moons', translations: { ko: '달 세기' } }]
  await flow.storage.resources.insert({ ...moons, scopes })
  flow.clock.now += FRESH_MS
  const pageIn = async (ui_locales: string) => {
    const person = flow.person()
    const url = flow.url({ scope: undefined, resource: moons.identifier, ui_locales })
    return textOf(pageOf(await person.submit(pageOf(await person.open(url)), ADMIN)).html)
  }
  t.match(await pageIn('ko'), '달 세기')
  t.match(await pageIn('en'), 'Count moons')
})

t.test('an allowance does not count for scopes that came while the person read the page', async (t) => {
  const flow = await startFlow(t)
  await flow.storage.resources.insert(moons)
  flow.clock.now += FRESH_MS
  const person = flow.person()
  const url = flow.url({ scope: undefined, resource: moons.identifier })
  const consent = pageOf(await person.submit(pageOf(await person.open(url)), ADMIN))
  const after = { ...moons, scopes: [...moons.scopes, { name: 'moons:sell', description: 'Sell moons' }] }
  await flow.storage.resources.update({ before: moons, after })
  flow.clock.now += FRESH_MS
  const again = pageOf(await person.submit(consent, { decision: 'allow' }))
  t.match(textOf(again.html), /Sell moons/)
  t.match(answerOf(await person.submit(again, { decision: 'allow' })), { code: /./ })
})

t.test(
  'T5: a scope that a person allowed at one resource is not allowed at another of the grant that gets one of the same name',
  async (t) => {
    const { tokens, refresh, storage, clock } = await converse(t, [planets, { ...moons, scopes: [] }])
    const own = await tokens({ scope: 'openid tools:read', resource: [planets.identifier, moons.identifier] })
    t.equal(own.scope, 'openid tools:read')
    const before = (await storage.resources.find(moons.id))!
    await storage.resources.update({
      before,
      after: { ...before, scopes: [{ name: 'tools:read', description: 'Read all moons, the dark sides too' }] },
    })
    clock.now += FRESH_MS
    const other = (await refresh(own.refresh_token, { resource: moons.identifier })).json<typeof own>()
    t.equal(other.scope, 'openid')
    t.match((await refresh(other.refresh_token, { resource: planets.identifier })).json(), { scope: 'openid tools:read' })
  },
)

t.test('a resource decides how long its tokens live and how they are signed; others follow the settings', async (t) => {
  const { tokens, clock, refresh } = await converse(t, [{ accessTokenTtl: 900, accessTokenAlg: 'RS256' }, moons], {
    ACCESS_TOKEN_TTL: '10m',
  })
  const iat = Math.floor(clock.now / 1000)
  const own = await tokens({ resource: [planets.identifier, moons.identifier] })
  t.equal(own.expires_in, 900)
  t.match([decodeProtectedHeader(own.access_token), decodeJwt(own.access_token)], [{ alg: 'RS256' }, { iat, exp: iat + 900 }])
  t.match(decodeJwt(own.id_token), { exp: iat + 600 }, 'which is about the login, not about the resource')
  const other = (await refresh(own.refresh_token, { resource: moons.identifier })).json<typeof own>()
  t.equal(other.expires_in, 600)
  t.match([decodeProtectedHeader(other.access_token), decodeJwt(other.access_token)], [{ alg: 'ES256' }, { exp: iat + 600 }])
})

t.test('a token for a client without refresh tokens lives as long as its resource says', async (t) => {
  const { register, authorize, exchange, userinfo, person, clock } = await converse(t, [{ accessTokenTtl: 7200 }])
  const body = {
    redirect_uris: ['https://client.example/callback'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
  }
  const client = (await register(body)).json<{ client_id: string }>()
  const { code } = await authorize({ resource: planets.identifier }, person, client)
  const { access_token } = (await exchange(code, {}, client)).json<{ access_token: string }>()
  clock.now += 7_199_000
  t.equal((await userinfo(access_token)).statusCode, 200)
})

t.test('an operator who deletes a resource ends its scopes and its opaque tokens, and nothing else of a grant', async (t) => {
  const { tokens, refresh, userinfo, storage, clock } = await converse(t, [{ accessTokenFormat: 'opaque' }, moons])
  const own = await tokens({ scope: 'openid tools:write moons', resource: [planets.identifier, moons.identifier] })
  t.equal((await userinfo(own.access_token)).statusCode, 200)
  await storage.resources.delete('resource_0')
  t.equal((await userinfo(own.access_token)).statusCode, 401, 'at once')
  clock.now += FRESH_MS
  const other = (await refresh(own.refresh_token, { resource: moons.identifier })).json<typeof own>()
  t.match(other, { scope: 'openid moons' })
  t.equal((await userinfo(other.access_token)).statusCode, 200)
  const stranger = (await refresh(other.refresh_token, { resource: planets.identifier })).json<typeof own>()
  t.match(
    [stranger.scope, decodeJwt(stranger.access_token).aud],
    ['openid', planets.identifier],
    'from now on it is one that nobody registered',
  )
})
