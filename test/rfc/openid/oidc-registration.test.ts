import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import { pageOf } from '#test/support/authorization.ts'
import { CALLBACK, basicOf, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'

const { app, authorize, authorizeUrl, clock, exchange, person, register } = await createConversation(t, {
  env: { RATE_LIMIT_REGISTER: 'off' },
})
const registered = async (metadata: Record<string, unknown> = {}) =>
  (await register({ redirect_uris: [CALLBACK], ...metadata })).json<Registered & Record<string, unknown>>()

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientRegistration
//# To support open Dynamic Registration, the Client Registration Endpoint SHOULD accept registration requests without OAuth 2.0 Access Tokens.
//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse
//# A successful response SHOULD use the HTTP 201 Created status code and return a JSON document [RFC8259] using the application/json content type
t.test('a client registers without a token, and is answered by 201', async (t) => {
  const response = await register({ redirect_uris: [CALLBACK] })
  t.match(
    [response.statusCode, response.headers['content-type'], response.headers['cache-control']],
    [201, /^application\/json/, 'no-store'],
  )
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse
//# Unique Client Identifier. It MUST NOT be currently valid for any other registered Client.
//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse
//# The same Client Secret value MUST NOT be assigned to multiple Clients.
t.test('no two clients share an id or a secret, even if they register the same', async (t) => {
  const [one, other] = [await registered(), await registered()]
  t.not(one.client_id, other.client_id)
  t.not(one.client_secret, other.client_secret)
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse
//# Implementations MUST either return both a Client Configuration Endpoint and a Registration Access Token or neither of them.
//= https://openid.net/specs/openid-connect-registration-1_0.html#ReadRequest
//# The Client MUST use its Registration Access Token in all calls to this endpoint as an OAuth 2.0 Bearer Token [RFC6750].
t.test('a client reads its registration with the token that it got, and not without', async (t) => {
  const { registration_access_token, registration_client_uri, client_id } = await registered()
  const url = new URL(registration_client_uri as string).pathname
  t.match((await app.inject({ url, headers: { authorization: `Bearer ${registration_access_token as string}` } })).json(), {
    client_id,
    redirect_uris: [CALLBACK],
  })
  for (const headers of [{}, { authorization: 'Bearer wrong' }, basicOf({ client_id, client_secret: 'x' })])
    t.equal((await app.inject({ url, headers: headers as Record<string, string> })).statusCode, 401)
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse
//# The Authorization Server MAY reject or replace any of the Client's requested field values and substitute them with suitable values. If this happens, the Authorization Server MUST include these fields in the response to the Client. An Authorization Server MAY ignore values provided by the client, and MUST ignore any fields sent by the Client that it does not understand.
t.test('a client is told what it got instead of what it asked for; what is unknown is no matter', async (t) => {
  const answer = await registered({
    id_token_signed_response_alg: 'HS256',
    grant_types: ['authorization_code', 'implicit'],
    token_endpoint_auth_method: 'client_secret_jwt',
    not_a_member: { at: ['all'] },
  })
  t.match(answer, {
    id_token_signed_response_alg: 'RS256',
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_basic',
  })
  t.notOk('not_a_member' in answer)
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# One of these registered Redirection URI values MUST exactly match the redirect_uri parameter value used in each Authorization Request, with the matching performed as described in Section 6.2.1 of [RFC3986] (Simple String Comparison).
t.test('a request whose redirect URI is not one of the client ends at the server', async (t) => {
  const client = await registered({ redirect_uris: [CALLBACK, 'https://client.example/other'] })
  for (const redirect_uri of [`${CALLBACK}?`, 'https://client.example/', undefined])
    t.equal((await person.open(authorizeUrl({ redirect_uri }, client))).page?.status, 400)
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# The value none MUST NOT be used as the ID Token alg value unless the Client uses only Response Types that return no ID Token from the Authorization Endpoint (such as when only using the Authorization Code Flow). The default, if omitted, is RS256.
t.test('an id_token is signed as the client registered, by RS256 if it said nothing', async (t) => {
  for (const [asked, got] of [
    [undefined, 'RS256'],
    ['ES256', 'ES256'],
    ['PS256', 'PS256'],
    ['EdDSA', 'EdDSA'],
    ['none', 'RS256'],
  ] as const) {
    const client = await registered(asked && { id_token_signed_response_alg: asked })
    const issued = (await exchange((await authorize({}, person, client))['code'], {}, client)).json<Tokens>()
    t.equal(decodeProtectedHeader(issued.id_token).alg, got, String(asked))
  }
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# Specifies that the End-User MUST be actively authenticated if the End-User was authenticated longer ago than the specified number of seconds.
//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# Boolean value specifying whether the auth_time Claim in the ID Token is REQUIRED. It is REQUIRED when the value is true.
t.test('a person who logged in too long ago for a client logs in anew, and it reads when', async (t) => {
  const client = await registered({ default_max_age: 60, require_auth_time: true })
  await authorize({}, person, client)
  clock.now += 61_000
  t.match(pageOf(await person.open(authorizeUrl({}, client))).html, /type="password"/)
  const issued = (await exchange((await authorize({}, person, client))['code'], {}, client)).json<Tokens>()
  t.equal(decodeJwt(issued.id_token)['auth_time'], Math.floor(clock.now / 1000))
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# If present, the server SHOULD display this URL to the End-User in a followable fashion.
//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# The OpenID Provider SHOULD display this URL to the End-User if it is given.
t.test('a person can follow the links of a client before they decide', async (t) => {
  const links = {
    client_uri: 'https://client.example/home',
    policy_uri: 'https://client.example/privacy',
    tos_uri: 'https://client.example/terms',
  }
  const client = await registered(links)
  await authorize()
  const { html } = pageOf(await person.open(authorizeUrl({ prompt: 'consent' }, client)))
  for (const link of Object.values(links)) t.match(html, `href="${link}"`)
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationError
//# When an OAuth error condition occurs, the Client Registration Endpoint returns an Error Response as defined in Section 3 of the OAuth 2.0 Bearer Token Usage [RFC6750] specification.
t.test('where a token is needed, who brings none is challenged for one', async (t) => {
  const closed = await createConversation(t, { env: { REGISTRATION: 'token' } })
  t.match([closed.registered.statusCode, closed.registered.headers['www-authenticate']], [401, /^Bearer realm="/])
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//= type=exception
//= reason=VS Code is native and comes back by https, too, and RFC 8252 section 7.2 lets apps claim such addresses.
//# Native Clients MUST only register redirect_uris using custom URI schemes or loopback URLs using the http scheme; loopback URLs use localhost or the IP loopback literals 127.0.0.1 or [::1] as the hostname.

//= https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse
//= type=exception
//= reason=With `SHARE_IDENTICAL_CLIENTS=true`, public clients that register the same get one id, as RFC 7591 section 3.2.1 allows. Off by default.
//# It MUST NOT be currently valid for any other registered Client.
