import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { ACR_VALUES, PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { ADMIN, ISSUER } from '#test/support/app.ts'
import { addUser } from '#test/support/authorization.ts'
import { createOpenIdConversation } from '#test/support/clients/openid.ts'
import type { Person } from '#test/support/people/person.ts'

const conversation = await createOpenIdConversation(t)
const { app, client, clock, arrival, authorize, authorizeUrl, exchange, later, newPerson, register, tokens, post } = conversation

//= https://openid.net/specs/openid-connect-core-1_0.html#IDToken
//# ID Tokens MUST be signed using JWS
t.test('an id_token verifies by the published keys, for its client', async (t) => {
  const jwks = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
  const { payload } = await jwtVerify((await tokens()).id_token, jwks, {
    issuer: ISSUER,
    audience: client.client_id,
    algorithms: ['RS256'],
  })
  t.match(payload, { sub: String, exp: Number, iat: Number })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken
//# Its value is the base64url encoding of the left-most half of the hash of the octets of the ASCII representation of the access_token value, where the hash algorithm used is the hash algorithm used in the alg Header Parameter of the ID Token's JOSE Header.
t.test('an id_token is bound to the access token beside it, also after a refresh', async (t) => {
  const issued = await tokens()
  const refreshed = (await conversation.refresh(issued.refresh_token)).json<typeof issued>()
  for (const { access_token, id_token } of [issued, refreshed]) {
    const hash = createHash('sha256').update(access_token).digest()
    t.equal(decodeJwt(id_token)['at_hash'], hash.subarray(0, 16).toString('base64url'))
  }
})

//= https://openid.net/specs/openid-connect-core-1_0.html#IDToken
//# It MUST contain the OAuth 2.0 client_id of the Relying Party as an audience value.
t.test('an id_token is for its client alone, so that it needs no azp', async (t) => {
  const claims = decodeJwt((await tokens()).id_token)
  t.equal(claims.aud, client.client_id)
  t.notOk('azp' in claims)
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
//# REQUIRED. Redirection URI to which the response will be sent.
t.test('a request without redirect_uri ends on a page, though the client has one only', async (t) => {
  const person = await newPerson({ loggedIn: true })
  const { page } = await person.open(authorizeUrl({ redirect_uri: undefined }))
  t.match([page?.status, page?.html], [400, /redirect_uri is required with the scope openid/])
  t.equal(await arrival(person, { redirect_uri: undefined, scope: 'email' }), 'code', 'OAuth alone allows it')
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
  const other = (await register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' })).json<{
    client_id: string
  }>()
  t.equal(await arrival(await newPerson({ loggedIn: true }), { prompt: 'none', client_id: other.client_id }), 'consent_required')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# If this parameter contains none with any other value, an error is returned.
t.test('prompt=none is not combined with others', async (t) => {
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
async function hintOf(person: Person, login?: typeof ADMIN, parameters: Record<string, string> = {}): Promise<string> {
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
    t.notMatch(page!.html, 'ada', 'the page names nobody whom this browser does not know')
    const { page: again } = await helen.open(authorizeUrl({ id_token_hint: aboutHelen, prompt: 'login' }))
    t.match(again!.html, /name="username"[^>]* value="admin"/, 'and is filled in for the one who is logged in')
    const { away: wrong } = await helen.submit(page!, ADMIN)
    t.equal(wrong?.searchParams.get('error'), 'login_required', 'who logs in as somebody else all the same ends there')
    clock.now += 1
    const answer = await helen.authorize(authorizeUrl({ id_token_hint: aboutAda }), ADA)
    t.equal(decodeJwt((await exchange(answer.searchParams.get('code')!)).json<{ id_token: string }>().id_token).sub, adaId)
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation
//# When an id_token_hint is present, the OP MUST validate that it was the issuer of the ID Token.
t.test("a hint that is no id_token of ours, or another client's, is refused; an old one is not", async (t) => {
  const person = await newPerson()
  const hint = await hintOf(person)
  const other = (await register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' })).json<{
    client_id: string
  }>()
  t.equal(await arrival(person, { id_token_hint: hint, client_id: other.client_id }), 'invalid_request')
  for (const forged of [`${hint}x`, 'x', (await tokens()).access_token])
    t.equal(await arrival(person, { id_token_hint: forged, prompt: 'none' }), 'invalid_request')
  await later(11 * 3_600_000, async () => void t.equal(await arrival(person, { id_token_hint: hint, prompt: 'none' }), 'code'))
})

t.test('a hint counts for a client with subjects of its own, too', async (t) => {
  const pairwise = (
    await register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none', subject_type: 'pairwise' })
  ).json<{ client_id: string }>()
  const person = await newPerson()
  const code = (await person.authorize(authorizeUrl({}, pairwise))).searchParams.get('code')!
  const hint = (await exchange(code, {}, pairwise)).json<{ id_token: string }>().id_token
  const asked = { client_id: pairwise.client_id, id_token_hint: hint, prompt: 'none' }
  t.equal(await arrival(person, asked), 'code')
  const ada = await newPerson()
  await ada.authorize(authorizeUrl(), ADA)
  t.equal(await arrival(ada, asked), 'consent_required', 'a client that ada never allowed does not learn that she is not the one')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# The acr Claim is requested as a Voluntary Claim by this parameter.
t.test('acr_values that can not be met keep nobody from logging in; the id_token says what happened', async (t) => {
  for (const acr_values of ['urn:example:gold', `urn:example:gold ${PASSWORD_LOGIN.acr}`]) {
    t.match(decodeJwt((await tokens({ acr_values })).id_token), { acr: PASSWORD_LOGIN.acr, amr: ['pwd'] })
  }
  t.same((await app.inject('/.well-known/openid-configuration')).json().acr_values_supported, ACR_VALUES)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# The Authorization Server SHOULD display the authentication and consent UI consistent with a full User Agent page view.
t.test('display says how the pages look, and an unknown one is ignored', async (t) => {
  for (const display of ['page', 'popup', 'touch', 'wap']) {
    const person = await newPerson()
    const { page: login } = await person.open(authorizeUrl({ display, prompt: 'consent' }))
    const { page: consent } = await person.submit(login!, ADMIN)
    t.match(login!.html, `<body class="page-login display-${display}">`)
    t.match(consent!.html, `<body class="page-consent display-${display}">`)
  }
  t.match((await (await newPerson()).open(authorizeUrl({ display: 'hologram' }))).page!.html, '<body class="page-login">')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# An error SHOULD NOT result if some or all of the requested locales are not supported by the OpenID Provider.
t.test('ui_locales choose the language of pages, claims_locales change nothing', async (t) => {
  const page = async (parameters: Record<string, string>) => (await (await newPerson()).open(authorizeUrl(parameters))).page!
  t.equal((await page({ ui_locales: 'fr-CA ko en' })).headers.get('content-language'), 'ko')
  t.equal((await page({ ui_locales: 'fr-CA fr' })).headers.get('content-language'), 'en')
  t.equal((await page({ ui_locales: 'ko', client_id: 'lost' })).headers.get('content-language'), 'ko', 'that tells of an error, too')
  t.equal(await arrival(await newPerson({ loggedIn: true }), { claims_locales: 'se ja-JP' }), 'code')
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
