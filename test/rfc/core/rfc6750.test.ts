import { decodeJwt } from 'jose'
import t from 'tap'
import { ISSUER } from '#test/support/app.ts'
import { RESOURCE, createConversation } from '#test/support/conversation.ts'

const { app, post, tokens, userinfo } = await createConversation(t)
const { access_token: token, refresh_token: refreshToken, id_token: idToken } = await tokens()

//= https://www.rfc-editor.org/rfc/rfc6750#section-2.1
//# Resource servers MUST support this method.
t.test('a token comes by the Authorization header, the scheme in any case', async (t) => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    t.equal((await app.inject({ url: '/userinfo', headers: { authorization: `${scheme} ${token}` } })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-2.2
//# When sending the access token in the HTTP request entity-body, the client adds the access token to the request-body using the "access_token" parameter.
t.test('or by the form of a post (section 2.2)', async (t) => {
  t.equal((await post('/userinfo', { access_token: token })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-2.2
//# The HTTP request method is one for which the request-body has defined semantics. In particular, this means that the "GET" method MUST NOT be used.
t.test('a token in the body of a GET is not looked at', async (t) => {
  const response = await app.inject({
    method: 'GET',
    url: '/userinfo',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: `access_token=${token}`,
  })
  t.equal(response.statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-2.3
//# it SHOULD NOT be used unless it is impossible to transport the access token in the "Authorization" request header field or the HTTP request entity-body.
t.test('a token in a URL is not looked at (T17)', async (t) => {
  t.equal((await app.inject({ url: `/userinfo?access_token=${token}` })).statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-2
//# Clients MUST NOT use more than one method to transmit the token in each request.
t.test('a token that comes twice is refused', async (t) => {
  const response = await post('/userinfo', { access_token: token }, { authorization: `Bearer ${token}` })
  t.match(
    [response.statusCode, response.json(), response.headers['www-authenticate']],
    [400, { error: 'invalid_request' }, /error="invalid_request"/],
  )
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3
//# If the protected resource request does not include authentication credentials or does not contain an access token that enables access to the protected resource, the resource server MUST include the HTTP "WWW-Authenticate" response header field
//= https://www.rfc-editor.org/rfc/rfc6750#section-3
//# All challenges defined by this specification MUST use the auth-scheme value "Bearer". This scheme MUST be followed by one or more auth-param values.
//= https://www.rfc-editor.org/rfc/rfc6750#section-3
//# The "realm" attribute MUST NOT appear more than once.
t.test('every refusal carries a challenge', async (t) => {
  for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: 'Bearer' }, { authorization: 'Basic eDp5' }]) {
    const response = await app.inject({ url: '/userinfo', headers: headers as Record<string, string> })
    t.match([response.statusCode, response.headers['www-authenticate']], [401, new RegExp(`^Bearer realm="${ISSUER}"(?!.*realm=)`)])
  }
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# If the request lacks any authentication information (e.g., the client was unaware that authentication is necessary or attempted using an unsupported authentication method), the resource server SHOULD NOT include an error code or other error information.
t.test('the challenge to a request without a token names no error', async (t) => {
  t.equal((await app.inject('/userinfo')).headers['www-authenticate'], `Bearer realm="${ISSUER}"`)
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# The access token provided is expired, revoked, malformed, or invalid for other reasons.
t.test('what is no access token of ours is invalid_token', async (t) => {
  for (const wrong of ['x', refreshToken, idToken, `${token}x`, token.slice(0, -1), `${token}.x`]) {
    const response = await userinfo(wrong)
    t.match(
      [response.statusCode, response.headers['www-authenticate'], response.json()],
      [401, /error="invalid_token"/, { error: 'invalid_token' }],
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# The resource server SHOULD respond with the HTTP 403 (Forbidden) status code and MAY include the "scope" attribute with the scope necessary to access the protected resource.
t.test('a token without openid is not enough for UserInfo', async (t) => {
  const response = await userinfo((await tokens({ scope: 'email' })).access_token)
  t.match(
    [response.statusCode, response.headers['www-authenticate'], response.json()],
    [403, /error="insufficient_scope".*scope="openid"/, { error: 'insufficient_scope' }],
  )
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3
//# The "scope" attribute MUST NOT appear more than once.
//= https://www.rfc-editor.org/rfc/rfc6750#section-3
//# Values for the "error" and "error_description" attributes (specified in Appendixes A.7 and A.8 of [RFC6749]) MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E.
t.test('what a client sends breaks out of no challenge', async (t) => {
  for (const wrong of ['x"y', 'x\\y', 'ü', 'x, error="none"']) {
    const challenge = String((await userinfo(wrong)).headers['www-authenticate'])
    for (const [, value] of challenge.matchAll(/error(?:_description)?="([^"]*)"/g)) t.match(value, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    t.notMatch(challenge, 'none', wrong)
  }
  const narrow = String((await userinfo((await tokens({ scope: 'email' })).access_token)).headers['www-authenticate'])
  t.equal(narrow.match(/scope=/g)?.length, 1)
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-5.3
//# Token servers SHOULD issue short-lived (one hour or less) bearer tokens, particularly when issuing tokens to clients that run within a web browser or other environments where information leakage may occur.
//= https://www.rfc-editor.org/rfc/rfc6750#section-5.3
//# Token servers SHOULD issue bearer tokens that contain an audience restriction, scoping their use to the intended relying party or set of relying parties.
t.test('a token is for an hour, and for one audience', async (t) => {
  const issued = await tokens({ resource: RESOURCE })
  t.ok(issued.expires_in <= 3600)
  t.equal(decodeJwt(issued.access_token).aud, RESOURCE)
})
