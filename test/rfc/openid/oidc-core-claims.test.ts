import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { ADMIN, ISSUER } from '#test/support/app.ts'
import { addUser } from '#test/support/authorization.ts'
import { createConversation } from '#test/support/conversation.ts'
import type { Tokens } from '#test/support/conversation.ts'
import { createOpenIdConversation } from '#test/support/clients/openid.ts'
import { FULL_PROFILE } from '#test/support/records.ts'

const conversation = await createOpenIdConversation(t)
const { app, clock, storage, arrival, authorizeUrl, exchange, later, newPerson, register, tokens, userinfo, post } = conversation
const ADA = { username: 'ada', password: 'engine' }
const adaId = await addUser(conversation, ADA.username, ADA.password)

/** The claims parameter; `undefined` members are left out. */
const claimsOf = (request: { id_token?: object; userinfo?: object }) => ({ claims: JSON.stringify(request) })

/** Everything about the administrator is known while `run` runs. */
async function known(run: () => Promise<void>): Promise<void> {
  const { id, email } = (await storage.users.findAdministrator())!
  const change = (profile: object) => storage.users.update({ id, username: ADMIN.username, profile, email, emailVerified: true }, clock.now)
  await change(FULL_PROFILE)
  await run().finally(() => change({}))
}

//= https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics
//# If the acr Claim is requested as an Essential Claim for the ID Token with a values parameter requesting specific Authentication Context Class Reference values and the implementation supports the claims parameter, the Authorization Server MUST return an acr Claim Value that matches one of the requested values.
t.test('a client that needs an acr gets an id_token with one of those that it names', async (t) => {
  const values = ['urn:example:gold', PASSWORD_LOGIN.acr]
  t.equal(decodeJwt((await tokens(claimsOf({ id_token: { acr: { essential: true, values } } }))).id_token)['acr'], PASSWORD_LOGIN.acr)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics
//# If this is an Essential Claim and the requirement cannot be met, then the Authorization Server MUST treat that outcome as a failed authentication attempt.
//= https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html#section-1
//# This error code SHALL be used if the Relying Party wants the OP to conform to a certain Authentication Context Class Reference value using an essential claim acr claim
t.test('a client that needs an acr that can not be had gets an error, and no code; one that merely prefers it does', async (t) => {
  const person = await newPerson({ loggedIn: true })
  const acr = { values: ['urn:example:gold'] }
  t.equal(await arrival(person, claimsOf({ id_token: { acr: { ...acr, essential: true } } })), 'unmet_authentication_requirements')
  t.equal(
    await arrival(person, {
      ...claimsOf({ id_token: { acr: { ...acr, essential: true } } }),
      acr_values: PASSWORD_LOGIN.acr,
      prompt: 'none',
    }),
    'unmet_authentication_requirements',
  )
  t.equal(await arrival(person, claimsOf({ id_token: { acr } })), 'code')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation
//# If the sub (subject) Claim is requested with a specific value for the ID Token, the Authorization Server MUST only send a positive response if the End-User identified by that sub value has an active session with the Authorization Server or has been Authenticated as a result of the request.
t.test('a client that asks for one sub gets that person or an error', async (t) => {
  const ada = await newPerson()
  await ada.authorize(authorizeUrl(), ADA)
  const about = (sub: string) => claimsOf({ id_token: { sub: { value: sub } } })
  t.equal(await arrival(ada, { ...about(adaId), prompt: 'none' }), 'code')
  t.equal(await arrival(ada, { ...about('somebody else'), prompt: 'none' }), 'login_required')
  t.equal(await arrival(ada, { ...claimsOf({ userinfo: { sub: { value: 'somebody else' } } }), prompt: 'none' }), 'login_required')
  await later(1000, async () => {
    const { page } = await ada.open(authorizeUrl(about('somebody else')))
    t.equal((await ada.submit(page!, ADA)).away?.searchParams.get('error'), 'login_required', 'who logs in as another person ends there')
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter
//# If present, the listed Claims are being requested to be added to the default Claims in the ID Token.
//= https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter
//# If present, the listed Claims are being requested to be added to any Claims that are being requested using scope values.
t.test('a client gets the claims that it names, each where it wants it, once the person allowed that', async (t) => {
  await known(async () => {
    const request = claimsOf({
      id_token: { nickname: { essential: true }, auth_time: { essential: true } },
      userinfo: { email: null, locale: { values: ['en', 'ko-KR'] }, gender: { value: 'other' }, 'http://example.info/claims/groups': null },
    })
    const strange = (await register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' })).json<{
      client_id: string
    }>()
    const person = await newPerson()
    const { page } = await person.submit((await person.open(authorizeUrl({ scope: 'openid', ...request }, strange))).page!, ADMIN)
    for (const sentence of ['See your name and profile', 'See your email address']) t.match(page?.html, sentence, 'the person is asked')
    const { away } = await person.submit(page!, { decision: 'allow' })
    const issued = (await exchange(away!.searchParams.get('code')!, {}, strange)).json<Tokens>()
    const idToken = decodeJwt(issued.id_token)
    t.equal(issued.scope, 'openid', 'no scope comes with it')
    t.match(idToken, { nickname: 'Nell', auth_time: Number })
    for (const name of ['name', 'email', 'locale']) t.notOk(name in idToken, name)
    t.strictSame(
      (await userinfo(issued.access_token)).json(),
      { sub: idToken.sub, email: 'helen@example.com', locale: 'ko-KR' },
      'a value that will not do is left out',
    )
    const refreshed = (await conversation.refresh(issued.refresh_token, {}, strange)).json<typeof issued>()
    t.match(decodeJwt(refreshed.id_token), { nickname: 'Nell' })
    t.match((await userinfo(refreshed.access_token)).json(), { email: 'helen@example.com' })
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#IndividualClaimsRequests
//# Note that even if the Claims are not available because the End-User did not authorize their release or they are not present, the Authorization Server MUST NOT generate an error when Claims are not returned, whether they are Essential or Voluntary, unless otherwise specified in the description of the specific claim.
t.test('a claim that is not there is no error, however essential', async (t) => {
  const issued = await tokens(
    claimsOf({ id_token: { birthdate: { essential: true } }, userinfo: { phone_number: { essential: true, value: '+1' } } }),
  )
  t.notOk('birthdate' in decodeJwt(issued.id_token))
  t.notOk('phone_number' in (await userinfo(issued.access_token)).json())
})

//= https://openid.net/specs/openid-connect-core-1_0.html#IndividualClaimsRequests
//# Other members MAY be defined to provide additional information about the requested Claims. Any members used that are not understood MUST be ignored.
t.test('members of claims that are not understood are ignored; claims that are no object are refused', async (t) => {
  const person = await newPerson({ loggedIn: true })
  t.equal(await arrival(person, { claims: '{"verified_claims": {"x": 1}, "userinfo": {"email": {"purpose": "x"}}}' }), 'code')
  t.equal(await arrival(person, { claims: '["email"]' }), 'invalid_request')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims
//# The Claims requested by the profile, email, address, and phone scope values are returned from the UserInfo Endpoint, as described in Section 5.3.2, when a response_type value is used that results in an Access Token being issued.
t.test('the scopes profile, email, address and phone open all the claims of the standard', async (t) => {
  await known(async () => {
    const issued = await tokens({ scope: 'openid profile email address phone' })
    const info = (await userinfo(issued.access_token)).json<Record<string, unknown>>()
    const standard = [
      ...[
        'sub',
        'name',
        'given_name',
        'family_name',
        'middle_name',
        'nickname',
        'preferred_username',
        'profile',
        'picture',
        'website',
        'gender',
        'birthdate',
        'zoneinfo',
      ],
      ...['locale', 'updated_at', 'email', 'email_verified', 'address', 'phone_number', 'phone_number_verified'],
    ]
    t.strictSame(Object.keys(info).sort(), standard.sort())
    t.notOk('name' in decodeJwt(issued.id_token), 'and not the id_token')
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# If the UserInfo Response is signed and/or encrypted, then the Claims are returned in a JWT and the content-type MUST be application/jwt.
//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# If signed, the UserInfo Response MUST contain the Claims iss (issuer) and aud (audience) as members.
t.test('a client that registered for it gets UserInfo signed, and an access token tells so, of either kind', async (t) => {
  for (const [env, alg] of [
    [{}, 'RS256'],
    [{ ACCESS_TOKEN_FORMAT: 'opaque' }, 'EdDSA'],
  ] as const) {
    const signed = await createConversation(t, { env, metadata: { userinfo_signed_response_alg: alg } })
    const jwks = createLocalJWKSet((await signed.app.inject('/jwks')).json<JSONWebKeySet>())
    const issued = await signed.tokens()
    const response = await signed.userinfo(issued.access_token)
    t.match(response.headers, { 'content-type': 'application/jwt', 'cache-control': 'no-store' })
    const { payload } = await jwtVerify(response.body, jwks, { issuer: ISSUER, audience: signed.client.client_id, algorithms: [alg] })
    t.match(payload, { sub: decodeJwt(issued.id_token).sub, preferred_username: 'admin' })
    t.notOk('typ' in decodeProtectedHeader(response.body), 'it is no id_token')
    const hint = await signed.authorize({ id_token_hint: response.body })
    t.match(hint, { error: 'invalid_request' }, 'nor is it taken for one')
  }
})

//= https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
//# OpenID Connect requests MUST contain the openid scope value.
t.test('without openid, claims are not asked for, nor told', async (t) => {
  const issued = await tokens({ scope: 'email', ...claimsOf({ userinfo: { nickname: null }, id_token: { nickname: null } }) })
  t.notOk('id_token' in issued)
  t.equal((await userinfo(issued.access_token)).statusCode, 403)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
//# The UserInfo Endpoint MUST accept Access Tokens as OAuth 2.0 Bearer Token Usage [RFC6750].
t.test('UserInfo answers GET and POST', async (t) => {
  const { access_token: token } = await tokens()
  const headers = { authorization: `Bearer ${token}` }
  for (const request of [
    { url: '/userinfo', headers },
    { method: 'POST' as const, url: '/userinfo', headers },
  ])
    t.equal((await app.inject(request)).statusCode, 200)
  t.equal((await post('/userinfo', {}, headers)).statusCode, 200)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# The sub (subject) Claim MUST always be returned in the UserInfo Response.
t.test('UserInfo tells what the scopes open, about the subject of the id_token', async (t) => {
  const issued = await tokens()
  const { sub } = decodeJwt(issued.id_token)
  const info = await userinfo(issued.access_token)
  t.match(info.headers['content-type'], /^application\/json/)
  t.match(info.json(), {
    sub,
    preferred_username: 'admin',
    name: 'admin',
    email: 'helen@example.com',
    email_verified: true,
    updated_at: Number,
  })
  t.strictSame((await userinfo((await tokens({ scope: 'openid' })).access_token)).json(), { sub })
  t.strictSame((await userinfo((await tokens({ scope: 'openid email' })).access_token)).json(), {
    sub,
    email: 'helen@example.com',
    email_verified: true,
  })
})

//= https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse
//# If a Claim is not returned, that Claim Name SHOULD be omitted from the JSON object representing the Claims; it SHOULD NOT be present with a null or empty string value.
t.test('UserInfo holds nothing empty', async (t) => {
  const info = (await userinfo((await tokens()).access_token)).json<Record<string, unknown>>()
  for (const [name, value] of Object.entries(info)) t.ok(value !== null && value !== '', name)
  t.notOk('picture' in info)
})
