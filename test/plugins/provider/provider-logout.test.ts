// A provider says that somebody logged out there: the relying party's side of OpenID Connect Back-Channel Logout.
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { signedWithSecret, unsigned, CLIENT, PROVIDER } from '#test/support/providers/provider.ts'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true }
type Claims = Record<string, unknown>

async function start(t: Test) {
  const flow = await startProviderFlow(t, {
    ADMIT: '@acme.example',
    RATE_LIMIT_LOGIN: 'off',
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET: 'x',
  })
  const { app, provider, clock, storage, comeBy, person } = flow
  const seconds = () => Math.floor(clock.now / 1000)
  const claimsOf = (changes: Claims) => {
    const claims = {
      iss: PROVIDER,
      aud: CLIENT.id,
      iat: seconds(),
      exp: seconds() + 120,
      jti: randomUUID(),
      events: { [EVENT]: {} },
      ...changes,
    }
    return JSON.parse(JSON.stringify(claims)) as Claims
  }
  const send = async (token: string, name = 'acme') => {
    const response = await app.inject({
      method: 'POST',
      url: `/login/${name}/backchannel-logout`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ logout_token: token }).toString(),
    })
    return { status: response.statusCode, headers: response.headers, body: response.body }
  }
  const tell = async (changes: Claims, header: object = { typ: 'logout+jwt' }) =>
    send(await provider.sign(claimsOf(changes), { ...header }))
  /** Somebody logs in there, in a browser of their own. */
  const logIn = async (sid?: string, claims: Claims = HELEN) => {
    const browser = person()
    await comeBy(browser, { ...claims, sid })
    return browser
  }
  const { id } = (await storage.providers.findByName('acme'))!
  const sessions = async () => {
    const sids = ['one', 'other', 'three', 'two']
    const found = await Promise.all(sids.map((sid) => storage.identityChecks.findBySession(id, sid)))
    return sids.filter((_, index) => found[index] !== undefined)
  }
  return { ...flow, claimsOf, send, tell, logIn, sessions }
}

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse
//# The RP's response SHOULD include the Cache-Control HTTP response header field with a no-store value
t.test('the session that a provider names ends, with what is bound to it; or all of the account', async (t) => {
  const { tell, logIn, sessions, storage, url } = await start(t)
  const [one] = [
    await logIn('one'),
    await logIn('two'),
    await logIn('three'),
    await logIn('other', { ...HELEN, sub: 'eve', email: 'eve@acme.example' }),
  ]
  t.same(await sessions(), ['one', 'other', 'three', 'two'])
  t.match(await tell({ sub: 'helen', sid: 'one' }), { status: 200, headers: { 'cache-control': 'no-store' } })
  t.same(await sessions(), ['other', 'three', 'two'])
  t.match((await one!.open(url())).page?.html, /page-login/, 'the browser is logged out')
  t.equal((await tell({ sid: 'two' })).status, 200, 'without whose it is')
  t.same(await sessions(), ['other', 'three'])
  t.equal((await tell({ sub: 'helen' })).status, 200)
  t.same(await sessions(), ['other'])
  const events = (await storage.auditEvents.list({ since: 0, limit: 50 })).filter(({ name }) => name === 'session.ended')
  t.match(
    events,
    [1, 2, 3].map(() => ({ actor: 'server', userId: String, details: { provider: 'acme', reason: 'logout at the provider' } })),
  )
})

t.test('who is not here, and a session of another account, is no error and ends nothing', async (t) => {
  const { tell, logIn, sessions } = await start(t)
  await logIn('one')
  await logIn('two', { ...HELEN, sub: 'eve', email: 'eve@acme.example' })
  for (const claims of [{ sub: 'nobody' }, { sid: 'none' }, { sub: 'helen', sid: 'two' }]) t.equal((await tell(claims)).status, 200)
  t.same(await sessions(), ['one', 'two'])
})

t.test('a provider that is disabled, or was never there, ends nothing', async (t) => {
  const { tell, send, claimsOf, logIn, sessions, storage, provider, clock } = await start(t)
  await logIn('one')
  t.equal((await send(await provider.sign(claimsOf({ sub: 'helen' })), 'nobody')).status, 404)
  const before = (await storage.providers.findByName('acme'))!
  const after = { ...before, disabledAt: clock.now, updatedAt: clock.now + 1 }
  await storage.providers.update({ before, after })
  t.equal((await tell({ sub: 'helen' })).status, 404)
  t.same(await sessions(), ['one'])
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
//# an alg with the value none MUST NOT be used for Logout Tokens.
t.test('a token that is not one, or not for us, ends nothing, and no key is fetched for what can be seen before', async (t) => {
  const { claimsOf, send, tell, logIn, sessions, provider, clock } = await start(t)
  await logIn('one')
  const seconds = Math.floor(clock.now / 1000)
  const keys = () => provider.requests.filter((each) => each === 'GET /keys').length
  const before = keys()
  const refused: [string, Claims, object?][] = [
    ['iss', { iss: 'https://evil.example' }],
    ['aud', { aud: 'another' }],
    ['aud', { aud: undefined }],
    ['iat', { iat: undefined }],
    ['iat', { iat: seconds - 600, exp: seconds + 60 }],
    ['iat', { iat: seconds + 61 }],
    ['exp', { exp: seconds - 60 }],
    ['exp', { exp: 'never' }],
    ['events', { events: undefined }],
    ['events', { events: { [EVENT]: true } }],
    ['events', { events: { 'http://schemas.openid.net/event/other': {} } }],
    ['nonce', { nonce: 'n' }],
    ['jti', { jti: undefined }],
    ['jti', { jti: 'x'.repeat(256) }],
    ['neither', { sub: undefined }],
    ['neither', { sub: 7 }],
    ['neither', { sid: '' }],
    ['typ', {}, { typ: 'at+jwt' }],
  ]
  for (const [reason, changes, header] of refused) {
    const answer = await tell({ sub: 'helen', ...changes }, header)
    t.match(answer, { status: 400, headers: { 'cache-control': /no-store/ } }, reason)
    t.match(JSON.parse(answer.body), { error: 'invalid_request', error_description: new RegExp(reason) })
  }
  t.equal(keys(), before)
  for (const token of ['', 'no JWT', 'a.b.c', 'x'.repeat(20_000)]) t.equal((await send(token)).status, 400)
  t.equal((await send(await unsigned(claimsOf({ sub: 'helen' })))).status, 400)
  t.equal((await send(await signedWithSecret(claimsOf({ sub: 'helen' })))).status, 400)
  const [header, payload, signature] = (await provider.sign(claimsOf({ sub: 'helen' }))).split('.')
  const changed = Buffer.from(JSON.stringify(claimsOf({ sub: 'eve' }))).toString('base64url')
  t.equal((await send([header, changed, signature].join('.'))).status, 400)
  t.equal((await send([header, payload, signature!.slice(4)].join('.'))).status, 400)
  t.equal((await tell({ sub: 'helen' }, { kid: 'unknown' })).status, 400)
  t.same(await sessions(), ['one'])
})

t.test('a token counts once, and for its own provider', async (t) => {
  const { claimsOf, send, logIn, sessions, provider } = await start(t)
  await logIn('one')
  const token = await provider.sign(claimsOf({ sub: 'helen' }))
  for (const name of ['github', 'unknown', 'x'.repeat(40)]) t.notMatch((await send(token, name)).status, 200)
  t.same(await sessions(), ['one'])
  t.equal((await send(token)).status, 200)
  await logIn('two')
  t.equal((await send(token)).status, 400)
  t.same(await sessions(), ['two'], 'a replay ends no later session')
})

t.test('types that providers really send are accepted, with an end or without one', async (t) => {
  const { tell, logIn, sessions } = await start(t)
  for (const typ of [undefined, 'JWT', 'logout+jwt', 'application/logout+jwt']) {
    await logIn('one')
    t.equal((await tell({ sub: 'helen', exp: undefined, aud: ['other', CLIENT.id] }, { typ })).status, 200, String(typ))
    t.same(await sessions(), [])
  }
})

t.test('keys that were rotated are found; a provider that is down is told to come again', async (t) => {
  const { tell, logIn, sessions, provider, clock } = await start(t)
  await logIn('one')
  provider.switches = { answer: () => new Response('', { status: 503 }) }
  clock.now += 2 * 60 * 60_000
  t.match(await tell({ sub: 'helen' }), { status: 503, body: /temporarily_unavailable/ })
  provider.switches = {}
  await provider.rotateKey()
  t.equal((await tell({ sub: 'helen' })).status, 200)
  t.same(await sessions(), [])
})
