/** The best current practice; what holds it in depth is in test/threats. */
import { decodeJwt } from 'jose'
import t from 'tap'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { CALLBACK, RESOURCE, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'

const conversation = await createConversation(t)
const { app, authorize, authorizeUrl, clock, exchange, person, refresh, register, send, tokens, userinfo } = conversation
const registered = async (metadata: Record<string, unknown>) =>
  (await register({ redirect_uris: [CALLBACK], ...metadata })).json<Registered>()
const confidential = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
const withoutPkce = { code_challenge: undefined, code_challenge_method: undefined }
const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.1
//# When comparing client redirection URIs against pre-registered URIs, authorization servers MUST utilize exact string matching except for port numbers in "localhost" redirection URIs of native apps (see Section 4.1.3).
//= https://www.rfc-editor.org/rfc/rfc9700#section-2.1
//# Clients and authorization servers MUST NOT expose URLs that forward the user's browser to arbitrary URIs obtained from a query parameter (open redirector) as described in Section 4.11.
t.test('no address of ours sends a browser where a client did not register', async (t) => {
  const elsewhere = 'https://evil.example/'
  for (const url of [
    authorizeUrl({ redirect_uri: elsewhere }),
    authorizeUrl({ redirect_uri: `${CALLBACK}/` }),
    authorizeUrl({ redirect_uri: elsewhere, prompt: 'none' }),
    `${ISSUER}/logout?post_logout_redirect_uri=${elsewhere}`,
    `${ISSUER}/?redirect_uri=${elsewhere}&next=${elsewhere}`,
  ]) {
    const arrival = await person.open(url)
    t.equal(arrival.away, undefined, url)
    t.notMatch(arrival.page!.html, /(href|action)="https:\/\/evil/, url)
  }
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.12
//# Authorization servers that redirect a request that potentially contains the user's credentials therefore MUST NOT use the HTTP 307 status code for redirection. If an HTTP redirection (and not, for example, JavaScript) is used for such a request, the authorization server SHOULD use HTTP status code 303 (See Other).
t.test('a browser that posted a password, or a consent, goes on by GET', async (t) => {
  const statuses: number[] = []
  const watched: typeof fetch = async (...request) => {
    const response = await injectFetch(app)(...request)
    if (request[1]?.method === 'POST') statuses.push(response.status)
    return response
  }
  await createPerson(ISSUER, watched).authorize(authorizeUrl())
  t.strictSame(statuses, [303, 303])
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1
//# Authorization servers MUST support PKCE [RFC7636].
//= https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1
//# If a client sends a valid PKCE "code_challenge" parameter in the authorization request, the authorization server MUST enforce the correct usage of "code_verifier" at the token endpoint.
//= https://www.rfc-editor.org/rfc/rfc9700#section-4.8.2
//# Beyond this, to prevent PKCE downgrade attacks, the authorization server MUST ensure that if there was no "code_challenge" in the authorization request, a request to the token endpoint containing a "code_verifier" is rejected.
t.test('a verifier is asked of clients that sent a challenge, and of no others', async (t) => {
  for (const client of [conversation.client, confidential]) {
    const { code } = await authorize({}, person, client)
    for (const code_verifier of [undefined, 'w'.repeat(43)])
      t.match((await exchange(code, { code_verifier }, client)).json(), { error: 'invalid_grant' })
    t.equal((await exchange(code, {}, client)).statusCode, 200)
  }
  t.match((await exchange((await authorize(withoutPkce, person, confidential))['code'], {}, confidential)).json(), {
    error: 'invalid_grant',
  })
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1
//# Authorization servers MUST provide a way to detect their support for PKCE.
//= https://www.rfc-editor.org/rfc/rfc9700#section-2.6
//# It is therefore RECOMMENDED that authorization servers publish OAuth Authorization Server Metadata according to [RFC8414]
t.test('a client reads in the metadata that there is PKCE, and neither the implicit nor the password grant', async (t) => {
  t.match(metadata, { issuer: ISSUER, code_challenge_methods_supported: ['S256', 'plain'] })
  t.strictSame(metadata['response_types_supported'], ['code'])
  for (const grant of ['implicit', 'password']) t.notOk((metadata['grant_types_supported'] as string[]).includes(grant), grant)
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.2.2
//# Refresh tokens for public clients MUST be sender-constrained or use refresh token rotation as described in Section 4.14.
//= https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
//# Authorization servers MUST utilize one of these methods to detect refresh token replay by malicious actors for public clients:
t.test('a public client gets a new refresh token each time, and the use of an old one ends them all', async (t) => {
  const first = await tokens()
  const second = (await refresh(first.refresh_token)).json<Tokens>()
  const third = (await refresh(second.refresh_token)).json<Tokens>()
  t.equal(new Set([first, second, third].map((issued) => issued.refresh_token)).size, 3)
  t.match((await refresh(first.refresh_token)).json(), { error: 'invalid_grant' })
  t.match((await refresh(third.refresh_token)).json(), { error: 'invalid_grant' })
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
//# If refresh tokens are issued, those refresh tokens MUST be bound to the scope and resource servers as consented by the resource owner.
//= https://www.rfc-editor.org/rfc/rfc9700#section-2.3
//# In particular, access tokens SHOULD be audience-restricted to a specific resource server or, if that is not feasible, to a small set of resource servers.
t.test('a refresh brings nothing that the person did not allow', async (t) => {
  const issued = await tokens({ scope: 'openid', resource: RESOURCE })
  t.match((await refresh(issued.refresh_token, { scope: 'openid email' })).json(), { error: 'invalid_scope' })
  t.match((await refresh(issued.refresh_token, { resource: 'https://other.example/mcp' })).json(), { error: 'invalid_target' })
  t.match(decodeJwt((await refresh(issued.refresh_token)).json<Tokens>().access_token), { aud: RESOURCE, scope: 'openid' })
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
//# Refresh tokens SHOULD expire if the client has been inactive for some time, i.e., the refresh token has not been used to obtain fresh access tokens for some time.
t.test('a refresh token that rests for a month is over', async (t) => {
  const issued = await tokens()
  clock.now += 30 * 86_400_000
  t.match((await refresh(issued.refresh_token)).json(), { error: 'invalid_grant' })
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.4
//# The resource owner password credentials grant [RFC6749] MUST NOT be used.
t.test('a password brings no token', async (t) => {
  t.match((await send('/token', { grant_type: 'password', ...ADMIN }, confidential)).json(), { error: 'unsupported_grant_type' })
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.5
//# Authorization servers SHOULD enforce client authentication if it is feasible, in the particular deployment, to establish a process for issuance/registration of credentials for clients and ensuring the confidentiality of those credentials.
t.test('a client that registered to authenticate is held to it, and may do so without a shared secret', async (t) => {
  t.equal((await exchange('x', {}, { client_id: confidential.client_id })).statusCode, 401)
  t.ok((metadata['token_endpoint_auth_methods_supported'] as string[]).includes('private_key_jwt'))
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.6
//# Authorization responses MUST NOT be transmitted over unencrypted network connections. To this end, authorization servers MUST NOT allow redirection URIs that use the "http" scheme except for native clients that use loopback interface redirection as described in Section 7.3 of [RFC8252].
t.test('nobody is sent anywhere by plain http, but on their own machine', async (t) => {
  for (const uri of ['http://client.example/callback', 'http://10.0.0.1/callback', 'http://localhost.example/callback'])
    t.match((await register({ redirect_uris: [uri] })).json(), { error: 'invalid_redirect_uri' }, uri)
  t.equal((await register({ redirect_uris: ['http://127.0.0.1:7/callback'] })).statusCode, 201)
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.6
//# However, CORS MUST NOT be supported at the authorization endpoint, as the client does not access this endpoint directly; instead, the client redirects the user agent to it.
t.test('a script reads what clients ask, and nothing of what people see', async (t) => {
  const headers = { origin: 'https://inspector.example' }
  for (const url of [authorizeUrl().slice(ISSUER.length), '/logout', '/device', '/'])
    t.notOk('access-control-allow-origin' in (await app.inject({ url, headers })).headers, url)
  for (const url of ['/token', '/jwks', '/register', '/.well-known/oauth-authorization-server'])
    t.equal((await app.inject({ url, headers })).headers['access-control-allow-origin'], '*', url)
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.2.4
//# The page rendered as a result of the OAuth authorization response and the authorization endpoint SHOULD NOT include third-party resources or links to external sites.
//= https://www.rfc-editor.org/rfc/rfc9700#section-4.16
//# Authorization servers MUST prevent clickjacking attacks.
//= https://www.rfc-editor.org/rfc/rfc9700#section-4.16
//# In addition to those, authorization servers SHOULD also use Content Security Policy (CSP) level 2 [W3C.CSP-2] or greater.
t.test('a page where somebody logs in or decides holds nothing of others, and is shown in no frame', async (t) => {
  const somebody = createPerson(ISSUER, injectFetch(app))
  const login = pageOf(await somebody.open(authorizeUrl({}, await registered({ token_endpoint_auth_method: 'none' }))))
  const consent = pageOf(await somebody.submit(login, ADMIN))
  for (const { html, headers } of [login, consent]) {
    t.notMatch(html, /\s(src|href)="(https?:)?\/\/(?!localhost:8000)/)
    t.match(headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/)
    t.match(headers.get('referrer-policy'), 'same-origin')
  }
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.15.1
//# Authorization servers SHOULD NOT allow clients to influence their "client_id" or any other claim that could cause confusion with a genuine resource owner if a common namespace for client IDs and user identifiers exists
t.test('a client cannot choose to be named like a person', async (t) => {
  const { sub } = (await userinfo((await tokens()).access_token)).json<{ sub: string }>()
  for (const client_id of [sub, 'admin']) t.match((await registered({ client_id })).client_id, /^client_[\w-]{22}$/)
  t.notMatch(sub, /^client_/)
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.10
//= type=exception
//= reason=Each access token is for one audience, but a bearer token unless the client brings a DPoP proof or registers dpop_bound_access_tokens: most MCP clients and servers know nothing else. It lives for an hour.
//# Authorization servers therefore SHOULD ensure that access tokens are sender-constrained and audience-restricted as described in the following.

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.16
//= type=exception
//= reason=No page may be framed by anybody: neither an operator nor a client can name an exception.
//# For this reason, authorization servers SHOULD allow administrators to configure allowed origins for particular clients and/or for clients to register these dynamically.

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.2.4
//# Authorization codes are invalid after their first use at the token endpoint.
t.test('a code counts once, and what it brought ends with its second use', async (t) => {
  const { code } = await authorize()
  const first = (await exchange(code)).json<Tokens>()
  t.match((await exchange(code)).json(), { error: 'invalid_grant' })
  t.match((await refresh(first.refresh_token)).json(), { error: 'invalid_grant' })
  t.equal((await userinfo(first.access_token)).statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.11.2
//# The server trusts a redirect URI before it sends a browser there by itself, and lets the person decide otherwise.
t.test('an error of a client that nobody vouches for goes nowhere without a click', async (t) => {
  const stranger = createPerson(ISSUER, injectFetch(app))
  for (const wrong of [{ response_type: 'token' }, { code_challenge: 'x' }, { resource: 'no URI' }]) {
    const arrival = await stranger.open(authorizeUrl(wrong))
    t.equal(arrival.away, undefined, JSON.stringify(wrong))
    t.match(pageOf(arrival).html, /class="button" href="https:\/\/client\.example/)
  }
})

//= https://www.rfc-editor.org/rfc/rfc9700#section-4.11.2
//# The server authenticates the person before it redirects, silent authentication aside.
//= type=exception
//= reason=RFC 6749 section 4.1.2.1 sends errors of the request to the client. A client that an operator registered gets them without a login, because the operator vouches for the address; for any other client, the person clicks.
