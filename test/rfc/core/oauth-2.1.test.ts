/** OAuth 2.1 where it differs from OAuth 2.0 and from the best current practice; the strict settings are its reading. */
import t from 'tap'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'

const STRICT = { REQUIRE_PKCE: 'true', CODE_CHALLENGE_METHODS: 'S256' }
const strict = await createConversation(t, { env: STRICT, metadata: { token_endpoint_auth_method: 'client_secret_post' } })
const { authorize, exchange, person, post, register } = strict
const anyone = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<Registered>()

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.1.1
//# Authorization servers MUST support the `code_challenge` and `code_verifier` parameters.
//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.1.2.1
//# An authorization server MUST reject requests without a `code_challenge` from public clients, and MUST reject such requests from other clients unless there is reasonable assurance that the client mitigates authorization code injection in other ways.
t.test('nobody begins without a challenge, where the settings are strict', async (t) => {
  for (const client of [strict.client, anyone]) {
    t.match(await authorize({ code_challenge: undefined, code_challenge_method: undefined }, person, client), {
      error: 'invalid_request',
      state: 'xyz',
    })
    t.match(await authorize({ code_challenge_method: 'plain' }, person, client), { error: 'invalid_request' })
    t.equal((await exchange((await authorize({}, person, client))['code'], {}, client)).statusCode, 200)
  }
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.1.3
//# verify that the `code_verifier` parameter is present if and only if a `code_challenge` parameter was present in the authorization request,
t.test('a code comes with its verifier, or brings nothing', async (t) => {
  const { code } = await authorize({}, person, anyone)
  t.match((await exchange(code, { code_verifier: undefined }, anyone)).json(), { error: 'invalid_grant' })
  t.equal((await exchange(code, {}, anyone)).statusCode, 200)
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.1.3
//# The authorization server MUST return an access token only once for a given authorization code.
t.test('a code brings one access token, however many ask at once', async (t) => {
  const { code } = await authorize({}, person, anyone)
  const responses = await Promise.all(Array.from({ length: 8 }, () => exchange(code, {}, anyone)))
  t.equal(responses.filter(({ statusCode }) => statusCode === 200).length, 1)
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-2.4.1
//# To support confidential clients in possession of a client secret, the authorization server MUST support the client including the client credentials in the request body content using the following parameters:
t.test('a client sends its secret in the body', async (t) => {
  t.match((await post('/token', { grant_type: 'refresh_token', refresh_token: 'unknown', ...strict.client })).json(), {
    error: 'invalid_grant',
  })
  t.equal(
    (await post('/token', { grant_type: 'refresh_token', refresh_token: 'unknown', ...strict.client, client_secret: 'wrong' })).statusCode,
    401,
  )
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-2.3.1
//# Authorization servers MUST require clients to register their complete redirect URI (including the path component).
//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-10
//# The Implicit grant (`response_type=token`) is omitted from this specification
t.test('neither a token in a redirect nor a partial redirect URI is to be had', async (t) => {
  t.match(await authorize({ response_type: 'token' }), { error: 'unsupported_response_type' })
  t.match(await authorize({ response_mode: 'fragment' }), { error: 'invalid_request' })
  t.equal((await person.open(strict.authorizeUrl({ redirect_uri: new URL(CALLBACK).origin }))).page?.status, 400)
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.3.1
//# validate that the grant corresponding to this refresh token is still active
//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.3.1
//# if client authentication is included in the request, ensure that the refresh token was issued to the authenticated client, OR if a client_id is included in the request, ensure the refresh token was issued to the matching client
t.test('a refresh token is good for its client, and as long as its grant', async (t) => {
  const made = await createConversation(t, { env: STRICT })
  const issued = await made.tokens()
  const other = (await made.register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<Registered>()
  t.match((await made.refresh(issued.refresh_token, {}, other)).json(), { error: 'invalid_grant' })
  const next = (await made.refresh(issued.refresh_token)).json<Tokens>()
  await made.send('/revoke', { token: next.refresh_token })
  t.match((await made.refresh(next.refresh_token)).json(), { error: 'invalid_grant' })
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-5.1
//# In particular, clients MUST NOT send the access token in a URI query parameter, and resource servers MUST ignore access tokens in a URI query parameter.
t.test('a token in an address is not seen', async (t) => {
  const made = await createConversation(t)
  const { access_token } = await made.tokens()
  t.equal((await made.app.inject(`/userinfo?access_token=${access_token}`)).statusCode, 401)
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-10.2
//# For backwards compatibility of an authorization server wishing to support both OAuth 2.0 and OAuth 2.1 clients, the authorization server MUST allow clients to send the `redirect_uri` parameter in the token request
t.test('a client names the redirect URI again, and it must be the same', async (t) => {
  const { code } = await authorize({}, person, anyone)
  t.match((await exchange(code, { redirect_uri: 'https://other.example/' }, anyone)).json(), { error: 'invalid_grant' })
  t.equal((await exchange(code, { redirect_uri: CALLBACK }, anyone)).statusCode, 200)
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-4.1.3
//= type=exception
//= reason=A client that authenticates may do without PKCE unless `REQUIRE_PKCE=true`: GPT Actions and OpenID Connect certification know none. It is then its `nonce` and its secret that bind the code.
//# If there was no `code_challenge` in the authorization request associated with the authorization code in the token request, the authorization server MUST reject the token request.

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-10.2
//# A client following only the OAuth 2.1 recommendations will not send the `redirect_uri` in the token request, and therefore will not be compatible with an authorization server that expects the parameter in the token request.
t.test('a client that used PKCE need not name the redirect URI again', async (t) => {
  const { code } = await authorize({}, person, anyone)
  t.equal((await exchange(code, { redirect_uri: undefined }, anyone)).statusCode, 200)
})

//= https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-15#section-2.3.1
//= type=exception
//= reason=As of RFC 8252 section 8.4: Cursor's scheme has none.
//# At a minimum, any private-use URI scheme that doesn't contain a period character (`.`) SHOULD be rejected.
