import t from 'tap'
import { CALLBACK, basicOf, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { handOut } from '#test/support/initial-access.ts'

const conversation = await createConversation(t, { metadata: { token_endpoint_auth_method: 'client_secret_basic' } })
const { app, client, authorize, authorizeUrl, exchange, refresh, tokens, post, register, userinfo, person } = conversation

//= https://www.rfc-editor.org/rfc/rfc6749#section-2.3
//# The client MUST NOT use more than one authentication method in each request.
t.test('a client that authenticates in two ways at once is refused', async (t) => {
  const response = await post('/token', { grant_type: 'authorization_code', ...client }, basicOf(client))
  t.equal(response.statusCode, 400)
  t.match(response.json(), { error: 'invalid_request' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# Parameters sent without a value MUST be treated as if they were omitted from the request.
t.test('an authorization request with empty parameters is one without them', async (t) => {
  const answer = await authorize({ scope: 'email', resource: '', max_age: '', nonce: '', prompt: '', response_mode: '', redirect_uri: '' })
  t.match(answer, { code: /./, state: 'xyz' })
  t.equal((await exchange(answer['code'], { redirect_uri: '', resource: '', scope: '' })).statusCode, 200, 'and so at the token endpoint')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# The authorization server MUST ignore unrecognized request parameters.
t.test('unknown parameters are ignored, even twice', async (t) => {
  const answer = await authorize({ unknown: ['a', 'b'], code: 'x' })
  t.match(answer, { code: /^.{65}$/ })
  t.equal((await exchange(answer['code'], { unknown: ['a', 'b'] })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# Request and response parameters MUST NOT be included more than once.
t.test('a repeated parameter is refused, after the redirect is verified or the client authenticated (T4)', async (t) => {
  t.match(await authorize({ scope: ['openid', 'email'] }), { error: 'invalid_request', state: 'xyz' })
  for (const repeated of [{ redirect_uri: [CALLBACK, CALLBACK] }, { client_id: [client.client_id, client.client_id] }]) {
    const { page } = await person.open(authorizeUrl(repeated))
    t.equal(page?.status, 400, 'no redirect on the word of an unclear request')
  }
  const response = await exchange(['a', 'b'] as unknown as string)
  t.match([response.statusCode, response.json()], [400, { error: 'invalid_request' }])
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.4
//# If an authorization request fails validation due to a missing, invalid, or mismatching redirection URI, the authorization server SHOULD inform the resource owner of the error and MUST NOT automatically redirect the user-agent to the invalid redirection URI.
//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
//# If the request fails due to a missing, invalid, or mismatching redirection URI, or if the client identifier is missing or invalid, the authorization server SHOULD inform the resource owner of the error and MUST NOT automatically redirect the user-agent to the invalid redirection URI.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.6
//# If a redirection URI is provided in the request, the authorization server MUST validate it against the registered value.
t.test('a wrong redirect URI, or an unknown client, ends on a page (T3)', async (t) => {
  const wrong = [
    { redirect_uri: 'https://evil.example/' },
    { redirect_uri: `${CALLBACK}/` },
    { redirect_uri: `${CALLBACK}#` },
    { client_id: 'client_unknown' },
    { client_id: undefined },
  ]
  for (const prompt of [undefined, 'none']) {
    for (const parameters of wrong) {
      const response = await app.inject({
        url: authorizeUrl({ ...parameters, prompt }).slice('http://localhost:8000'.length),
        headers: { accept: 'text/html' },
      })
      t.match(
        [response.statusCode, response.headers['content-type'], response.headers.location],
        [400, /^text\/html/, undefined],
        JSON.stringify(parameters),
      )
    }
  }
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
//# The endpoint URI MUST NOT include a fragment component.
t.test('a redirect URI with a fragment is not registered', async (t) => {
  const response = await register({ redirect_uris: [`${CALLBACK}#x`] })
  t.match([response.statusCode, response.json()], [400, { error: 'invalid_redirect_uri' }])
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
//# The endpoint URI MAY include an "application/x-www-form-urlencoded" formatted (per Appendix B) query component ([RFC3986] Section 3.4), which MUST be retained when adding additional query parameters.
t.test('the query of a redirect URI stays', async (t) => {
  const other = (await register({ redirect_uris: [`${CALLBACK}?tenant=a%20b`] })).json<{ client_id: string }>()
  t.match(await authorize({ redirect_uri: `${CALLBACK}?tenant=a%20b` }, person, other), { tenant: 'a b', code: /./ })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.2
//# The client MUST use the HTTP "POST" method when making access token requests.
t.test('GET brings no token', async (t) => {
  const response = await app.inject({ url: '/token', headers: basicOf(client) })
  t.match([response.statusCode, response.headers.allow], [405, /POST/])
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//# REQUIRED if the "state" parameter was present in the client authorization request.
//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
//# REQUIRED if a "state" parameter was present in the client authorization request. The exact value received from the client.
t.test('state comes back byte for byte, with a code and with an error', async (t) => {
  const state = `s/+= &%20ü"'<>${'x'.repeat(600)}`
  t.match(await authorize({ state }), { state, code: /./ })
  t.match(await authorize({ state, response_type: 'token' }), { state, error: 'unsupported_response_type' })
  t.notOk('state' in (await authorize({ state: undefined })))
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//# If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD revoke (when possible) all tokens previously issued based on that authorization code.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.5
//# Authorization codes MUST be short lived and single-use. If the authorization server observes multiple attempts to exchange an authorization code for an access token, the authorization server SHOULD attempt to revoke all access tokens already granted based on the compromised authorization code.
t.test('a replayed code is denied and its tokens die (T7)', async (t) => {
  const { code } = await authorize()
  const issued = (await exchange(code)).json<Tokens>()
  t.equal((await userinfo(issued.access_token)).statusCode, 200)
  const replay = await exchange(code)
  t.match([replay.statusCode, replay.json()], [400, { error: 'invalid_grant' }])
  t.equal((await userinfo(issued.access_token)).statusCode, 401)
  t.match((await refresh(issued.refresh_token)).json(), { error: 'invalid_grant' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//# The authorization code MUST expire shortly after it is issued to mitigate the risk of leaks.
t.test('a code is over after a minute', async (t) => {
  const { code } = await authorize()
  const issuedAt = conversation.clock.now
  conversation.clock.now = issuedAt + 60_000
  t.match((await exchange(code)).json(), { error: 'invalid_grant' })
  conversation.clock.now = issuedAt
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//# The authorization code is bound to the client identifier and redirection URI.
//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
//# ensure that the "redirect_uri" parameter is present if the "redirect_uri" parameter was included in the initial authorization request as described in Section 4.1.1, and if included ensure that their values are identical.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.5
//# If the client can be authenticated, the authorization servers MUST authenticate the client and ensure that the authorization code was issued to the same client.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.6
//# In order to prevent such an attack, the authorization server MUST ensure that the redirection URI used to obtain the authorization code is identical to the redirection URI provided when exchanging the authorization code for an access token.
t.test('another client, or another redirect URI, gets nothing for a code (T7)', async (t) => {
  const other = (await register({ redirect_uris: [CALLBACK] })).json<{ client_id: string; client_secret: string }>()
  const { code } = await authorize()
  t.match((await exchange(code, {}, other)).json(), { error: 'invalid_grant' })
  for (const redirect_uri of ['https://evil.example/', `${CALLBACK}/`])
    t.match((await exchange(code, { redirect_uri })).json(), { error: 'invalid_grant' })
  t.equal((await exchange(code)).statusCode, 200)
})

/** A client that an operator lets ask for itself. */
async function registerMachine(): Promise<Registered> {
  const headers = await handOut(conversation, {
    name: `machine ${conversation.clock.now++}`,
    policy: { grantTypes: ['client_credentials'] },
  })
  return (
    await app.inject({ method: 'POST', url: '/register', headers, payload: { grant_types: ['client_credentials'] } })
  ).json<Registered>()
}
const ask = (as: Registered, form = {}) => conversation.send('/token', { grant_type: 'client_credentials', ...form }, as)

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.4
//# The client credentials grant type MUST only be used by confidential clients.
t.test('a public client can neither register the client credentials grant nor use it', async (t) => {
  const headers = await handOut(conversation, { name: 'public', policy: { grantTypes: ['authorization_code', 'client_credentials'] } })
  const payload = {
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'client_credentials'],
  }
  const open = (await app.inject({ method: 'POST', url: '/register', headers, payload })).json<Registered & { grant_types: string[] }>()
  t.strictSame(open.grant_types, ['authorization_code'])
  t.match((await ask(open)).json(), { error: 'unauthorized_client' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2
//# The client MUST authenticate with the authorization server as described in Section 3.2.1.
t.test('a client that does not prove who it is gets no token for itself', async (t) => {
  const machine = await registerMachine()
  for (const client_secret of ['wrong', '']) {
    const response = await ask({ ...machine, client_secret })
    t.match([response.statusCode, response.json()], [401, { error: 'invalid_client' }])
  }
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.4.3
//# A refresh token SHOULD NOT be included.
t.test('a client gets an access token for itself, and no refresh token', async (t) => {
  const response = await ask(await registerMachine())
  t.equal(response.statusCode, 200)
  t.match(response.headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  t.strictSame(Object.keys(response.json<object>()).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# The authenticated client is not authorized to use this authorization grant type.
t.test('a client is held to the grants that it registered, at both endpoints', async (t) => {
  t.match((await ask(client)).json(), { error: 'unauthorized_client' })
  const machine = await registerMachine()
  t.match((await exchange('x', {}, machine)).json(), { error: 'unauthorized_client' })
  const headers = await handOut(conversation, { name: 'both', policy: { grantTypes: ['client_credentials'] } })
  const sent = (
    await app.inject({
      method: 'POST',
      url: '/register',
      headers,
      payload: { redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'client_credentials'] },
    })
  ).json<Registered>()
  t.match(await authorize({}, person, sent), { error: 'unauthorized_client', state: 'xyz' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-5.1
//# The authorization server MUST include the HTTP "Cache-Control" response header field [RFC2616] with a value of "no-store" in any response containing tokens, credentials, or other sensitive information, as well as the "Pragma" response header field [RFC2616] with a value of "no-cache".
t.test('no cache keeps tokens or secrets', async (t) => {
  const response = await exchange((await authorize())['code'])
  t.match(response.headers, { 'cache-control': 'no-store', pragma: 'no-cache', 'content-type': /^application\/json/ })
  t.match(response.json(), { token_type: 'Bearer', expires_in: 3600, scope: 'openid profile email offline_access' })
  t.equal(conversation.registered.headers['cache-control'], 'no-store')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# If the client attempted to authenticate via the "Authorization" request header field, the authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include the "WWW-Authenticate" response header field matching the authentication scheme used by the client.
t.test('a client that fails to authenticate gets 401 before anything else is looked at', async (t) => {
  const unknown = [
    basicOf({ ...client, client_secret: 'wrong' }),
    basicOf({ client_id: 'client_unknown', client_secret: 'x' }),
    { authorization: 'Basic !' },
    {},
  ]
  for (const headers of unknown) {
    const response = await post('/token', { grant_type: ['nonsense', 'twice'] }, headers)
    t.match(
      [response.statusCode, response.headers['www-authenticate'], response.json()],
      [401, /^Basic realm="/, { error: 'invalid_client' }],
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# The authorization grant type is not supported by the authorization server.
t.test('each mistake at the token endpoint has its own code', async (t) => {
  const table: [Record<string, string>, string][] = [
    [{}, 'invalid_request'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ grant_type: 'constructor' }, 'unsupported_grant_type'],
    [{ grant_type: 'authorization_code' }, 'invalid_request'],
    [{ grant_type: 'authorization_code', code: 'unknown' }, 'invalid_grant'],
    [{ grant_type: 'refresh_token' }, 'invalid_request'],
    [{ grant_type: 'refresh_token', refresh_token: 'unknown' }, 'invalid_grant'],
  ]
  for (const [form, error] of table) {
    const response = await post('/token', form, basicOf(client))
    t.match([response.statusCode, response.json()], [400, { error, error_description: /./ }], JSON.stringify(form))
  }
  const single = (await register({ redirect_uris: [CALLBACK], grant_types: ['authorization_code'] })).json<{
    client_id: string
    client_secret: string
  }>()
  t.match((await refresh('x', {}, single)).json(), { error: 'unauthorized_client' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-6
//# The requested scope MUST NOT include any scope not originally granted by the resource owner, and if omitted is treated as equal to the scope originally granted by the resource owner.
//= https://www.rfc-editor.org/rfc/rfc6749#section-6
//# If a new refresh token is issued, the refresh token scope MUST be identical to that of the refresh token included by the client in the request.
t.test('a refresh narrows the scope, widens it never, and forgets no part of it', async (t) => {
  const first = await tokens({ scope: 'openid email' })
  t.match((await refresh(first.refresh_token, { scope: 'openid profile' })).json(), { error: 'invalid_scope' })
  const narrow = (await refresh(first.refresh_token, { scope: 'email' })).json<Tokens>()
  t.equal(narrow.scope, 'email')
  t.equal((await refresh(narrow.refresh_token)).json<Tokens>().scope, 'openid email')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-10.4
//# The authorization server MUST maintain the binding between a refresh token and the client to whom it was issued.
//= https://www.rfc-editor.org/rfc/rfc6749#section-6
//# authenticate the client if client authentication is included and ensure that the refresh token was issued to the authenticated client
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.4
//# The authorization server MUST verify the binding between the refresh token and client identity whenever the client identity can be authenticated.
t.test('another client gets nothing for a refresh token, and does not spoil it', async (t) => {
  const other = (await register({ redirect_uris: [CALLBACK] })).json<{ client_id: string; client_secret: string }>()
  const first = await tokens()
  t.match((await refresh(first.refresh_token, {}, other)).json(), { error: 'invalid_grant' })
  t.equal((await refresh(first.refresh_token)).statusCode, 200)
})
