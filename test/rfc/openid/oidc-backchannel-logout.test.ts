import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { addUser, pageOf } from '#test/support/authorization.ts'
import { createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'
import { receiveLogouts } from '#test/support/clients/logout-receiver.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Person } from '#test/support/people/person.ts'
import { sampleClient } from '#test/support/records.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const MINUTE = 60_000

const receiver = await receiveLogouts(t)
const conversation = await createConversation(t, {
  metadata: { backchannel_logout_uri: receiver.uri, backchannel_logout_session_required: true },
  safeFetch: receiver,
})
const { app, client, clock, storage } = conversation
const jwks = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
await addUser(conversation, 'ada', 'engine')

interface LoggedIn {
  readonly person: Person
  readonly tokens: { readonly id_token: string; readonly access_token: string; readonly refresh_token: string }
  readonly sid: string
}

/** Logs a browser in to a client. */
async function logIn({
  as = client,
  scope = 'openid',
  person = createPerson(ISSUER, injectFetch(app)),
  ...login
}: { as?: Registered; scope?: string; person?: Person; username?: string; password?: string } = {}): Promise<LoggedIn> {
  const { username = 'admin', password = 'admin123' } = login
  const answer = await person.authorize(conversation.authorizeUrl({ scope }, as), { username, password })
  const tokens = (await conversation.exchange(answer.searchParams.get('code')!, {}, as)).json<LoggedIn['tokens']>()
  return { person, tokens, sid: tokens.id_token === undefined ? '' : (decodeJwt(tokens.id_token)['sid'] as string) }
}

async function logOut(person: Person): Promise<void> {
  await person.submit(pageOf(await person.open(`${ISSUER}/logout`)), {})
}

/** The logout tokens that came since the last call. */
const received = () => receiver.received.splice(0).map(({ form }) => form.get('logout_token') ?? '')
const claimsReceived = () => received().map((token) => decodeJwt(token))

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#BCSupport
//# backchannel_logout_supported
t.test('the metadata says that clients are told, and of which session', async (t) => {
  t.match((await app.inject('/.well-known/openid-configuration')).json(), {
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  })
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration
//# The back-channel logout URI MUST NOT include a fragment component.
t.test('a client registers where it is told, over https and without a fragment', async (t) => {
  t.match(conversation.registered.json(), { backchannel_logout_uri: receiver.uri, backchannel_logout_session_required: true })
  for (const uri of [`${receiver.uri}#x`, 'http://client.example/back-channel', 'http://localhost/back-channel', '/back-channel']) {
    const response = await conversation.register({ redirect_uris: ['https://client.example/callback'], backchannel_logout_uri: uri })
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_client_metadata' }], uri)
  }
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
//# A Logout Token MUST be signed
//= https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
//# A Logout Token MUST contain either a sub or a sid Claim, and MAY contain both.
//= https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
//# A nonce Claim MUST NOT be present.
t.test('a client is told of a logout by a token that verifies as an id_token would, and can be none', async (t) => {
  const { person, tokens, sid } = await logIn()
  await logOut(person)
  const [request] = receiver.received
  t.match(request, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'client.example' } })
  t.same([...request!.form.keys()], ['logout_token'])
  const [token = ''] = received()
  const verified = await jwtVerify(token, jwks, {
    issuer: ISSUER,
    audience: client.client_id,
    typ: 'logout+jwt',
    algorithms: ['RS256'],
    currentDate: new Date(clock.now),
  })
  const { sub } = decodeJwt(tokens.id_token)
  t.strictSame(verified.payload, {
    iss: ISSUER,
    sub,
    aud: client.client_id,
    sid,
    jti: verified.payload.jti,
    events: { [EVENT]: {} },
    iat: Math.floor(clock.now / 1000),
    exp: Math.floor(clock.now / 1000) + 120,
  })
  t.match(verified.payload.jti, /^[\w-]{22}$/)
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
//# The same keys are used to sign and encrypt Logout Tokens as are used for ID Tokens.
t.test('a client with another algorithm, and a subject of its own, gets both in the logout token', async (t) => {
  const as = (
    await conversation.register({
      redirect_uris: ['https://client.example/callback'],
      backchannel_logout_uri: receiver.uri,
      id_token_signed_response_alg: 'ES256',
      subject_type: 'pairwise',
    })
  ).json<Registered>()
  const { person, tokens, sid } = await logIn({ as })
  await logOut(person)
  const { payload } = await jwtVerify(received()[0] ?? '', jwks, {
    audience: as.client_id,
    algorithms: ['ES256'],
    currentDate: new Date(clock.now),
  })
  t.match(payload, { sub: decodeJwt(tokens.id_token).sub, sid })
  t.not(payload.sub, (await storage.users.findAdministrator())!.id)
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#RememberingRPs
//# OPs supporting back-channel logout need to keep track of the set of logged-in RPs
t.test('every client of the session is told, once, however often it sent the person; no other is', async (t) => {
  const other = (
    await conversation.register({ redirect_uris: ['https://client.example/callback'], backchannel_logout_uri: receiver.uri })
  ).json<Registered>()
  const silent = (await conversation.register({ redirect_uris: ['https://client.example/callback'] })).json<Registered>()
  const { person, sid } = await logIn()
  for (const as of [client, other, silent]) t.equal((await logIn({ as, person })).sid, sid, 'one session, one sid')
  const elsewhere = await logIn()
  t.not(elsewhere.sid, sid, 'another browser, another sid')
  const notOpenId = await logIn({ scope: 'email' })
  await logOut(person)
  await logOut(notOpenId.person)
  t.same(
    claimsReceived()
      .map(({ aud, sid }) => [aud, sid])
      .sort(),
    [
      [client.client_id, sid],
      [other.client_id, sid],
    ].sort(),
  )
  await logOut(elsewhere.person)
  t.match(claimsReceived(), [{ sid: elsewhere.sid }])
})

t.test('a session goes on under its sid when its person logs in again, and ends when somebody else does', async (t) => {
  const { person, sid } = await logIn()
  const cookie = person.cookies.get('solar-session')
  clock.now += 1000
  const submit = async (login: { username: string; password: string }) =>
    person.submit(pageOf(await person.open(conversation.authorizeUrl({ prompt: 'login' }))), login)
  await submit({ username: 'admin', password: 'admin123' })
  t.not(person.cookies.get('solar-session'), cookie, 'under another id')
  t.equal((await logIn({ person })).sid, sid)
  t.same(received(), [])
  clock.now += 1000
  await submit({ username: 'ada', password: 'engine' })
  await app.sendBackchannelLogouts()
  t.match(claimsReceived(), [{ sid }])
  t.not((await logIn({ person, username: 'ada', password: 'engine' })).sid, sid)
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions
//# Refresh tokens issued without the offline_access property to a session being logged out SHOULD be revoked.
//= https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions
//# Refresh tokens issued with the offline_access property normally SHOULD NOT be revoked.
t.test('a logout takes the OpenID tokens of its session along, but for those with offline_access', async (t) => {
  const { person, tokens } = await logIn({ scope: 'openid email' })
  const offline = await logIn({ person, scope: 'openid offline_access' })
  const plain = await logIn({ person, scope: 'email' })
  const elsewhere = await logIn()
  await logOut(person)
  received()
  t.match((await conversation.refresh(tokens.refresh_token)).json(), { error: 'invalid_grant' })
  t.equal((await conversation.userinfo(tokens.access_token)).statusCode, 401)
  t.equal((await conversation.refresh(offline.tokens.refresh_token)).statusCode, 200)
  t.equal(
    (await conversation.refresh(plain.tokens.refresh_token)).statusCode,
    200,
    'an app that never asked who somebody is knows of no session',
  )
  t.equal((await conversation.refresh(elsewhere.tokens.refresh_token)).statusCode, 200)
})

t.test('clients are told when an administrator ends the sessions of a person', async (t) => {
  const id = (await storage.users.findByUsername('ada'))!.id
  const ada = { username: 'ada', password: 'engine' }
  const endings = [
    () => storage.users.changePassword(id, { passwordHash: 'no hash', endGrants: false }, clock.now),
    () => storage.users.disable(id, clock.now),
    () => storage.users.delete(id, clock.now),
  ]
  const passwordHash = (await storage.users.find(id))!.passwordHash!
  for (const end of endings) {
    await storage.users.changePassword(id, { passwordHash, endGrants: false }, clock.now)
    await storage.users.enable(id, clock.now)
    await app.sendBackchannelLogouts()
    received()
    const { sid } = await logIn(ada)
    await end()
    t.equal(await app.sendBackchannelLogouts(), 1)
    t.match(claimsReceived(), [{ sid, sub: id }])
  }
})

//= https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest
//# The OP should not retransmit a Back-Channel Logout Request unless the OP suspects that previous transmissions may have failed due to potentially recoverable errors
t.test('what may have failed for a while is sent again, later and later, as a fresh token; what was refused is not', async (t) => {
  for (const status of [500, 503, 429, 408]) {
    const { person, sid } = await logIn()
    receiver.status = status
    await logOut(person)
    t.equal(await app.sendBackchannelLogouts(), 0, 'not at once')
    clock.now += MINUTE
    t.equal(await app.sendBackchannelLogouts(), 1)
    clock.now += 4 * MINUTE - 1
    t.equal(await app.sendBackchannelLogouts(), 0)
    receiver.status = 204
    clock.now += 1
    t.equal(await app.sendBackchannelLogouts(), 1)
    const claims = claimsReceived()
    t.match(claims, [{ sid }, { sid }, { sid }], String(status))
    t.equal(new Set(claims.map(({ jti }) => jti)).size, 3)
    clock.now += 60 * MINUTE
    t.equal(await app.sendBackchannelLogouts(), 0, 'done')
  }
  for (const status of [400, 404, 302]) {
    const { person } = await logIn()
    receiver.status = status
    await logOut(person)
    clock.now += 60 * MINUTE
    t.equal(await app.sendBackchannelLogouts(), 0)
    t.equal(received().length, 1, String(status))
  }
  receiver.status = 200
})

t.test('a client that can not be reached keeps nobody from leaving, and is tried again', async (t) => {
  const as = (
    await conversation.register({
      redirect_uris: ['https://client.example/callback'],
      backchannel_logout_uri: 'https://localhost/back-channel',
    })
  ).json<Registered>()
  const { person } = await logIn({ as })
  await logOut(person)
  t.notOk(person.cookies.has('solar-session'))
  clock.now += MINUTE
  t.equal(await app.sendBackchannelLogouts(), 1)
  await storage.clients.delete(as.client_id)
})

t.test('a client that was disabled, or takes no logouts any more, is not told', async (t) => {
  const { id: userId } = (await storage.users.findAdministrator())!
  const metadata = { backchannelLogoutUri: receiver.uri }
  for (const record of [sampleClient({ id: 'disabled', metadata, disabledAt: clock.now }), sampleClient({ id: 'changed' })]) {
    await storage.clients.insert(record)
    const times = { ...PASSWORD_LOGIN, authTime: clock.now, createdAt: clock.now, lastSeenAt: clock.now, expiresAt: clock.now + MINUTE }
    await storage.sessions.insert({ idHash: record.id, sid: record.id, userId, ...times })
    await storage.logoutNotices.insert({ sid: record.id, clientId: record.id, userId }, times.expiresAt)
    await storage.sessions.end(record.id, clock.now)
    t.equal(await app.sendBackchannelLogouts(), 1)
    clock.now += 4 * MINUTE
    t.equal(await app.sendBackchannelLogouts(), 0, 'and not tried again')
    t.same(received(), [], record.id)
  }
})

t.test('a storage that can not answer now is asked again later', async (t) => {
  const broken = t.intercept(storage.logoutNotices, 'claim', { value: async () => Promise.reject(new StorageUnavailable('away')) })
  const { person } = await logIn()
  await logOut(person)
  t.notOk(person.cookies.has('solar-session'))
  broken.restore()
  t.equal(await app.sendBackchannelLogouts(), 1)
  t.equal(received().length, 1)
})
