/** OpenID Connect Core: what it demands of logins, consent and tokens, beside what the other files of it hold. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { answerOf, pageOf, whereabouts } from '#test/support/authorization.ts'
import { createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'
import { createPushing, signWith } from '#test/support/clients/pushed.ts'

const { app, authorizeUrl, client, clock, exchange, post, refresh, register, tokens, userinfo } = await createConversation(t)
const somebody = () => createPerson(ISSUER, injectFetch(app))
const ADMIN = { username: 'admin', password: 'admin123' }
const another = async (metadata: object = {}) =>
  (
    await register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none', ...metadata })
  ).json<Registered>()

//= https://openid.net/specs/openid-connect-core-1_0.html#Authenticates
//# The server authenticates a person who isn't logged in, and again if the request has prompt=login; with prompt=none it returns an error instead.
t.test('a person is asked to log in where the standard says so, and never with prompt none', async (t) => {
  const person = somebody()
  t.equal(whereabouts(await person.open(authorizeUrl())), 'login')
  t.match(answerOf(await person.open(authorizeUrl({ prompt: 'none' }))), { error: 'login_required' })
  await person.authorize(authorizeUrl())
  t.match(answerOf(await person.open(authorizeUrl())), { code: /./ })
  clock.now += 1000
  t.equal(whereabouts(await person.open(authorizeUrl({ prompt: 'login' }))), 'login')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#Authenticates
//# The server takes measures against cross-site request forgery and clickjacking when it interacts with a person.
t.test('a page of the login is not framed, and no form of another site logs a person in', async (t) => {
  const login = pageOf(await somebody().open(authorizeUrl()))
  t.match(login.headers.get('content-security-policy'), /frame-ancestors 'none'/)
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }] as Record<
    string,
    string
  >[])
    t.equal((await post('/login', { ...login.form!.fields, ...ADMIN }, headers)).statusCode, 403, JSON.stringify(headers))
})

//= https://openid.net/specs/openid-connect-core-1_0.html#Consent
//# Before the client learns anything, the person decides, on a page that shows what is asked for, or has decided before.
t.test('nothing leaves before the person has decided, not even silently', async (t) => {
  const person = somebody()
  const fresh = await another()
  const login = pageOf(await person.open(authorizeUrl({}, fresh)))
  const consent = await person.submit(login, ADMIN)
  t.equal(whereabouts(consent), 'consent')
  t.match(pageOf(consent).html, /client\.example/)
  t.match(answerOf(await person.open(authorizeUrl({ prompt: 'none' }, fresh))), { error: 'consent_required' })
  t.match(answerOf(await person.submit(pageOf(consent), { decision: 'deny' })), { error: 'access_denied' })
  t.match(answerOf(await person.open(authorizeUrl({ prompt: 'none' }, fresh))), { error: 'consent_required' }, 'a refusal is no consent')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess
//# The server always obtains consent before it gives access that outlives the person's presence; consent to less is not enough.
t.test('offline access is asked for, though the person allowed the client everything else', async (t) => {
  const person = somebody()
  const fresh = await another()
  await person.authorize(authorizeUrl({ scope: 'openid email' }, fresh))
  t.match(answerOf(await person.open(authorizeUrl({ scope: 'openid email' }, fresh))), { code: /./ })
  const more = authorizeUrl({ scope: 'openid email offline_access' }, fresh)
  t.equal(whereabouts(await person.open(more)), 'consent')
  t.match(answerOf(await person.open(authorizeUrl({ scope: 'openid email offline_access', prompt: 'none' }, fresh))), {
    error: 'consent_required',
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#TokenResponse
//# Token responses have Cache-Control: no-store, and an id_token besides the access token.
t.test('a token response is for nobody to keep', async (t) => {
  const answer = answerOf(await somebodyAuthorized())
  const response = await exchange(answer['code'])
  t.match([response.headers['cache-control'], response.json()], ['no-store', { id_token: /./, access_token: /./, token_type: 'Bearer' }])
})

//= https://openid.net/specs/openid-connect-core-1_0.html#IDToken
//# iss, sub, aud, exp and iat are in each id_token; iss is an address without query or fragment, and sub has at most 255 ASCII characters.
//= https://openid.net/specs/openid-connect-core-1_0.html#SigEnc
//# Where the key set has several keys, the header of a JWT names one of them by kid.
t.test('an id_token says who, for whom, by whom and until when, and which key signed it', async (t) => {
  const { keys } = (await app.inject('/jwks')).json<{ keys: { kid: string; alg: string }[] }>()
  for (const metadata of [{}, { subject_type: 'pairwise' }, { id_token_signed_response_alg: 'ES256' }]) {
    const as = await another(metadata)
    const { id_token } = (await exchange(answerOf(await authorizedBy(as))['code'], {}, as)).json<Tokens>()
    const { iss, sub = '', aud, exp = 0, iat = 0 } = decodeJwt(id_token)
    t.match([iss, sub, aud], [ISSUER, /^[\x21-\x7e]{1,255}$/, as.client_id])
    t.ok(exp > iat && Math.abs(iat - clock.now / 1000) < 2)
    const { kid, alg } = decodeProtectedHeader(id_token)
    t.equal(keys.find((key) => key.kid === kid)?.alg, alg)
  }
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse
//# An id_token of a refresh has the iss, the sub and the aud of the first one, an iat of its own, and no other azp.
t.test('an id_token of a refresh is for the same client, of the same person', async (t) => {
  const first = await tokens()
  clock.now += 5000
  const later = (await refresh(first.refresh_token)).json<Tokens>()
  const [before, after] = [decodeJwt(first.id_token), decodeJwt(later.id_token)]
  for (const claim of ['iss', 'sub', 'aud', 'azp', 'auth_time']) t.same(after[claim], before[claim], claim)
  t.equal(after.iat, before.iat! + 5)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# Unsigned, the response of UserInfo is JSON with the content type application/json; its sub is that of the id_token.
t.test('UserInfo is JSON, of the person whom the id_token is about', async (t) => {
  const { access_token, id_token } = await tokens()
  const response = await userinfo(access_token)
  t.match(response.headers['content-type'], /^application\/json/)
  t.equal(response.json<{ sub: string }>().sub, decodeJwt(id_token).sub)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoError
//# Where UserInfo refuses, it answers as RFC 6750 says.
t.test('UserInfo refuses with a challenge', async (t) => {
  const refused = await userinfo('unknown')
  t.match([refused.statusCode, refused.headers['www-authenticate']], [401, /^Bearer .*error="invalid_token"/])
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RequestObject
//# Request objects hold neither request nor request_uri, and their client_id and response_type are those beside them.
t.test('an object within an object, or of another client, is refused', async (t) => {
  const { claims, come, key, sign } = await createPushing(t)
  for (const change of [{ request: 'eyJ' }, { request_uri: 'https://client.example/x' }, { client_id: 'client_other' }])
    t.match(await come({ request: await signWith(key, claims(change)) }), { error: 'invalid_request_object' }, JSON.stringify(change))
  t.match(await come({ request: await sign() }), { code: /./ })
})

/** Where somebody arrives who logged in and allowed the client. */
async function authorizedBy(as: Registered) {
  const person = somebody()
  await person.authorize(authorizeUrl({}, as))
  return person.open(authorizeUrl({}, as))
}
const somebodyAuthorized = () => authorizedBy(client)
