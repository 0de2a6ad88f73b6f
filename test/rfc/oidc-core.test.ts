import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { PASSWORD_LOGIN } from '../../src/domain/authentication.ts'
import { ADMIN, ISSUER, injectFetch } from '../support/app.ts'
import { addUser } from '../support/authorization.ts'
import { createConversation } from '../support/conversation.ts'
import { createPerson } from '../support/person.ts'

const conversation = await createConversation(t, { env: { ADMIN_EMAIL: 'helen@example.com' } })
const { app, client, clock, authorize, authorizeUrl, exchange, tokens, userinfo, post } = conversation

/** A person whose browser is new, or has been logged in and has consented. */
async function newPerson({ loggedIn = false } = {}) {
  const person = createPerson(ISSUER, injectFetch(app))
  if (loggedIn) await person.authorize(authorizeUrl())
  return person
}

/** Which page the person sees, or what the client receives. */
async function arrival(person: Awaited<ReturnType<typeof newPerson>>, parameters: Record<string, string | undefined>): Promise<string> {
  const { page, away } = await person.open(authorizeUrl(parameters))
  if (away !== undefined) return away.searchParams.get('error') ?? 'code'
  return /type="password"/.test(page.html) ? 'login' : /value="allow"/.test(page.html) ? 'consent' : 'account'
}

/** Runs with the clock moved on, and sets it back. */
async function later(milliseconds: number, run: () => Promise<void>): Promise<void> {
  clock.now += milliseconds
  await run().finally(() => (clock.now -= milliseconds))
}

//= https://openid.net/specs/openid-connect-core-1_0.html#IDToken
//# ID Tokens MUST be signed using JWS
t.test('an id_token verifies by the published keys, for its client', async (t) => {
  const jwks = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
  const { payload } = await jwtVerify((await tokens()).id_token, jwks, { issuer: ISSUER, audience: client.client_id, algorithms: ['RS256'] })
  t.match(payload, { sub: String, exp: Number, iat: Number })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#IDToken
//# If present in the Authentication Request, Authorization Servers MUST include a nonce Claim in the ID Token with the Claim Value being the nonce value sent in the Authentication Request.
t.test('the nonce of the request comes back in the id_token', async (t) => {
  t.equal(decodeJwt((await tokens({ nonce: 'n-0S6_WzA2Mj ü' })).id_token)['nonce'], 'n-0S6_WzA2Mj ü')
  t.notOk('nonce' in decodeJwt((await tokens()).id_token))
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# OpenID Connect requests MUST contain the openid scope value.
t.test('without openid there is no id_token', async (t) => {
  t.notOk('id_token' in (await tokens({ scope: 'email' })))
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# Authorization Servers MUST support the use of the HTTP GET and POST methods
t.test('an authorization request may be posted', async (t) => {
  const person = await newPerson({ loggedIn: true })
  const response = await post('/authorize', Object.fromEntries(new URL(authorizeUrl()).searchParams))
  t.match([response.statusCode, response.headers.location], [303, /^\/authorize\?/])
  const { away } = await person.open(ISSUER + response.headers.location!)
  t.match(Object.fromEntries(away!.searchParams), { code: /./, state: 'xyz' })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# The Authorization Server MUST NOT display any authentication or consent user interface pages.
t.test('prompt=none shows no page: a code where all is known, else an error', async (t) => {
  t.equal(await arrival(await newPerson({ loggedIn: true }), { prompt: 'none' }), 'code')
  t.equal(await arrival(await newPerson(), { prompt: 'none' }), 'login_required')
  const other = (await conversation.register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' })).json<{ client_id: string }>()
  t.equal(await arrival(await newPerson({ loggedIn: true }), { prompt: 'none', client_id: other.client_id }), 'consent_required')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# If this parameter contains none with any other value, an error is returned.
t.test('prompt=none stands alone', async (t) => {
  t.equal(await arrival(await newPerson({ loggedIn: true }), { prompt: 'none login' }), 'invalid_request')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# The Authorization Server SHOULD prompt the End-User for reauthentication.
t.test('prompt=login asks a person who is logged in, once', async (t) => {
  const person = await newPerson({ loggedIn: true })
  await later(1000, async () => {
    t.equal(await arrival(person, { prompt: 'login' }), 'login')
    const { page } = await person.open(authorizeUrl({ prompt: 'login' }))
    const { away } = await person.submit(page!, ADMIN)
    t.ok(away?.searchParams.get('code'))
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# The Authorization Server SHOULD prompt the End-User for consent before returning information to the Client.
t.test('prompt=consent asks again, prompt=select_account lets choose', async (t) => {
  const person = await newPerson({ loggedIn: true })
  t.equal(await arrival(person, {}), 'code', 'not asked: consent is remembered')
  t.equal(await arrival(person, { prompt: 'consent' }), 'consent')
  await later(1000, async () => void t.equal(await arrival(person, { prompt: 'select_account' }), 'account'))
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# If the elapsed time is greater than this value, the OP MUST attempt to actively re-authenticate the End-User.
t.test('max_age asks who logged in too long ago, and only those', async (t) => {
  const person = await newPerson({ loggedIn: true })
  await later(61_000, async () => {
    t.equal(await arrival(person, { max_age: '60' }), 'login')
    t.equal(await arrival(person, { max_age: '60', prompt: 'none' }), 'login_required')
    t.equal(await arrival(person, { max_age: '62' }), 'code')
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# When max_age is used, the ID Token returned MUST include an auth_time Claim Value.
t.test('auth_time says when the person logged in', async (t) => {
  const person = await newPerson()
  const loggedInAt = Math.floor(clock.now / 1000)
  await person.authorize(authorizeUrl())
  await later(30_000, async () => {
    const { code } = await authorize({ max_age: '3600' }, person)
    t.equal(decodeJwt((await exchange(code)).json<{ id_token: string }>().id_token)['auth_time'], loggedInAt)
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# Hint to the Authorization Server about the login identifier the End-User might use to log in (if necessary).
t.test('login_hint fills in the name, as text', async (t) => {
  const { page } = await (await newPerson()).open(authorizeUrl({ login_hint: 'helen"><script>' }))
  t.match(page!.html, /value="helen&quot;&gt;&lt;script&gt;"/)
})

/** An id_token that the client has of a person; `ada` can log in, too. */
async function hintOf(person: Awaited<ReturnType<typeof newPerson>>, login?: typeof ADMIN, parameters: Record<string, string> = {}): Promise<string> {
  const answer = await person.authorize(authorizeUrl(parameters), login)
  return (await exchange(answer.searchParams.get('code')!)).json<{ id_token: string }>().id_token
}
const ADA = { username: 'ada', password: 'engine' }
const adaId = await addUser(conversation, ADA.username, ADA.password)

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# If the End-User identified by the ID Token is already logged in or is logged in as a result of the request (with the OP possibly evaluating other information beyond the ID Token in this decision), then the Authorization Server returns a positive response; otherwise, it MUST return an error, such as login_required.
t.test('a client that hints at a person by an id_token gets that person or an error', async (t) => {
  const [helen, ada] = [await newPerson(), await newPerson()]
  const [aboutHelen, aboutAda] = [await hintOf(helen), await hintOf(ada, ADA)]
  t.equal(await arrival(helen, { prompt: 'none', id_token_hint: aboutHelen }), 'code')
  t.equal(await arrival(helen, { prompt: 'none', id_token_hint: aboutAda }), 'login_required')
  t.equal(await arrival(await newPerson(), { prompt: 'none', id_token_hint: aboutHelen }), 'login_required')
  await later(1000, async () => {
    const { page } = await helen.open(authorizeUrl({ id_token_hint: aboutAda }))
    t.match(page!.html, /name="username"[^>]* value="ada"/, 'the page is filled in for the one who is meant')
    const { away: wrong } = await helen.submit(page!, ADMIN)
    t.equal(wrong?.searchParams.get('error'), 'login_required', 'who logs in as somebody else all the same ends there')
    clock.now += 1
    const answer = await helen.authorize(authorizeUrl({ id_token_hint: aboutAda }), ADA)
    t.equal(decodeJwt((await exchange(answer.searchParams.get('code')!)).json<{ id_token: string }>().id_token).sub, adaId)
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation
//# When an id_token_hint is present, the OP MUST validate that it was the issuer of the ID Token.
t.test('a hint that is no id_token of ours, or another client\'s, is refused; an old one is not', async (t) => {
  const person = await newPerson()
  const hint = await hintOf(person)
  const other = (await conversation.register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' })).json<{ client_id: string }>()
  t.equal(await arrival(person, { id_token_hint: hint, client_id: other.client_id }), 'invalid_request')
  for (const forged of [`${hint}x`, 'x', (await tokens()).access_token]) t.equal(await arrival(person, { id_token_hint: forged, prompt: 'none' }), 'invalid_request')
  await later(11 * 3_600_000, async () => void t.equal(await arrival(person, { id_token_hint: hint, prompt: 'none' }), 'code'))
})

t.test('a hint counts for a client with subjects of its own, too', async (t) => {
  const pairwise = (await conversation.register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none', subject_type: 'pairwise' })).json<{ client_id: string }>()
  const person = await newPerson()
  const code = (await person.authorize(authorizeUrl({}, pairwise))).searchParams.get('code')!
  const hint = (await exchange(code, {}, pairwise)).json<{ id_token: string }>().id_token
  const asked = { client_id: pairwise.client_id, id_token_hint: hint, prompt: 'none' }
  t.equal(await arrival(person, asked), 'code')
  const ada = await newPerson()
  await ada.authorize(authorizeUrl(), ADA)
  t.equal(await arrival(ada, asked), 'login_required')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# The acr Claim is requested as a Voluntary Claim by this parameter.
t.test('acr_values that can not be met keep nobody from logging in; the id_token says what happened', async (t) => {
  for (const acr_values of ['urn:example:gold', `urn:example:gold ${PASSWORD_LOGIN.acr}`]) {
    t.match(decodeJwt((await tokens({ acr_values })).id_token), { acr: PASSWORD_LOGIN.acr, amr: ['pwd'] })
  }
  t.same((await app.inject('/.well-known/openid-configuration')).json().acr_values_supported, [PASSWORD_LOGIN.acr])
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
//# The UserInfo Endpoint MUST accept Access Tokens as OAuth 2.0 Bearer Token Usage [RFC6750].
t.test('UserInfo answers GET and POST', async (t) => {
  const { access_token: token } = await tokens()
  const headers = { authorization: `Bearer ${token}` }
  for (const request of [{ url: '/userinfo', headers }, { method: 'POST' as const, url: '/userinfo', headers }]) t.equal((await app.inject(request)).statusCode, 200)
  t.equal((await post('/userinfo', {}, headers)).statusCode, 200)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# The sub (subject) Claim MUST always be returned in the UserInfo Response.
t.test('UserInfo tells what the scopes open, about the subject of the id_token', async (t) => {
  const issued = await tokens()
  const { sub } = decodeJwt(issued.id_token)
  const info = await userinfo(issued.access_token)
  t.match(info.headers['content-type'], /^application\/json/)
  t.match(info.json(), { sub, preferred_username: 'admin', name: 'admin', email: 'helen@example.com', email_verified: true, updated_at: Number })
  t.strictSame((await userinfo((await tokens({ scope: 'openid' })).access_token)).json(), { sub })
  t.strictSame((await userinfo((await tokens({ scope: 'openid email' })).access_token)).json(), { sub, email: 'helen@example.com', email_verified: true })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# If a Claim is not returned, that Claim Name SHOULD be omitted from the JSON object representing the Claims; it SHOULD NOT be present with a null or empty string value.
t.test('UserInfo holds nothing empty', async (t) => {
  const info = (await userinfo((await tokens()).access_token)).json<Record<string, unknown>>()
  for (const [name, value] of Object.entries(info)) t.ok(value !== null && value !== '', name)
  t.notOk('picture' in info)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse
//# if the ID Token contains an auth_time Claim, its value MUST represent the time of the original authentication - not the time that the new ID token is issued
t.test('a refreshed id_token is about the first login', async (t) => {
  const issued = await tokens({ nonce: 'n' })
  await later(60_000, async () => {
    const next = (await conversation.refresh(issued.refresh_token)).json<typeof issued>()
    const [before, after] = [decodeJwt(issued.id_token), decodeJwt(next.id_token)]
    for (const name of ['iss', 'sub', 'aud', 'auth_time']) t.equal(after[name], before[name], name)
    t.equal(after.iat, before.iat! + 60)
    t.notOk('nonce' in after)
  })
})
