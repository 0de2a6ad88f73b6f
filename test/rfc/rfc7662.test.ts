import { SignJWT, decodeJwt } from 'jose'
import t from 'tap'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { ISSUER, SECRET } from '#test/support/app.ts'
import { RESOURCE, basicOf, createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'
import { sampleResource } from '#test/support/records.ts'

const { app, client, clock, storage, register, refresh, send, post, tokens, userinfo } = await createConversation(t, {
  metadata: { token_endpoint_auth_method: 'client_secret_basic' },
})
const inactive = { active: false }

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.1
//# To prevent token scanning attacks, the endpoint MUST also require some form of authorization to access this endpoint
//= https://www.rfc-editor.org/rfc/rfc7662#section-2.3
//# If the protected resource uses OAuth 2.0 client credentials to authenticate to the introspection endpoint and its credentials are invalid, the authorization server responds with an HTTP 401 (Unauthorized) as described in Section 5.2 of OAuth 2.0 [RFC6749].
t.test('who does not prove to be a client learns nothing', async (t) => {
  const { access_token: token } = await tokens()
  const open = (await register({ redirect_uris: ['https://open.example/'], token_endpoint_auth_method: 'none' })).json<Registered>()
  const responses = await Promise.all([
    post('/introspect', { token }),
    post('/introspect', { token, client_id: client.client_id }),
    post('/introspect', { token, client_id: client.client_id, client_secret: 'wrong' }),
    send('/introspect', { token }, open),
  ])
  for (const response of responses)
    t.match([response.statusCode, response.headers['www-authenticate'], response.json()], [401, /./, { error: 'invalid_client' }])
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.2
//# Boolean indicator of whether or not the presented token is currently active.
//= https://www.rfc-editor.org/rfc/rfc7662#section-2.1
//# If the server is unable to locate the token using the given hint, it MUST extend its search across all of its supported token types.
t.test('the client of a token reads what it is good for', async (t) => {
  const issued = await tokens({ resource: RESOURCE })
  const access = await send('/introspect', { token: issued.access_token })
  t.match([access.statusCode, access.headers['cache-control']], [200, 'no-store'])
  t.match(access.json(), {
    active: true,
    iss: ISSUER,
    aud: RESOURCE,
    client_id: client.client_id,
    username: 'admin',
    scope: issued.scope,
    token_type: 'Bearer',
    exp: Number,
    iat: Number,
    sub: String,
    jti: String,
  })
  t.match((await send('/introspect', { token: issued.refresh_token, token_type_hint: 'access_token' })).json(), {
    active: true,
    client_id: client.client_id,
    scope: issued.scope,
  })
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.2
//# If the introspection call is properly authorized but the token is not active, does not exist on this server, or the protected resource is not allowed to introspect this particular token, then the authorization server MUST return an introspection response with the "active" field set to "false".
//= https://www.rfc-editor.org/rfc/rfc7662#section-2.3
//# In these cases, the authorization server MUST instead respond with an introspection response with the "active" field set to "false" as described in Section 2.2.
//= https://www.rfc-editor.org/rfc/rfc7662#section-4
//# If the token has been signed, the authorization server MUST validate the signature.
t.test('an unknown, foreign or wrong token is inactive', async (t) => {
  const issued = await tokens()
  for (const token of [
    'unknown',
    'a.b.c',
    issued.id_token,
    `${issued.access_token}x`,
    issued.access_token.slice(0, -1),
    `${issued.refresh_token}x`,
  ]) {
    const response = await send('/introspect', { token })
    t.equal(response.statusCode, 200)
    t.strictSame(response.json(), inactive)
  }
  const other = (await register({ redirect_uris: ['https://other.example/'] })).json<Registered>()
  for (const token of [issued.access_token, issued.refresh_token])
    t.strictSame((await send('/introspect', { token }, other)).json(), inactive)
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.2
//# the authorization server SHOULD NOT include any additional information about an inactive token, including why the token is inactive.
t.test('an inactive token is told nothing about', async (t) => {
  t.equal((await send('/introspect', { token: 'unknown' })).body, '{"active":false}')
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-4
//# If the token can be revoked after it was issued, the authorization server MUST determine whether or not such a revocation has taken place.
t.test('a revoked token is inactive, and so is one that was used up', async (t) => {
  const issued = await tokens()
  const next = (await refresh(issued.refresh_token)).json<typeof issued>()
  t.strictSame((await send('/introspect', { token: issued.refresh_token })).json(), inactive, 'used')
  t.match((await send('/introspect', { token: issued.access_token })).json(), { active: true }, 'lives on')
  await send('/revoke', { token: next.refresh_token })
  for (const token of [issued.access_token, next.access_token, next.refresh_token])
    t.strictSame((await send('/introspect', { token })).json(), inactive)
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-4
//# If the token can expire, the authorization server MUST determine whether or not the token has expired.
t.test('a token is inactive from its exp on', async (t) => {
  const issued = await tokens()
  const { exp } = (await send('/introspect', { token: issued.access_token })).json<{ exp: number }>()
  const before = clock.now
  clock.now = exp * 1000
  t.strictSame((await send('/introspect', { token: issued.access_token })).json(), inactive)
  t.equal((await userinfo(issued.access_token)).statusCode, 401)
  clock.now = before + 31 * 86_400_000
  t.strictSame((await send('/introspect', { token: issued.refresh_token })).json(), inactive)
  clock.now = before
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.1
//# REQUIRED. The string value of the token.
t.test('a request without a token is invalid', async (t) => {
  for (const token of [undefined, '', ['a', 'b']]) {
    const response = await send('/introspect', { token })
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_request' }])
  }
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.1
//# The protected resource calls the introspection endpoint using an HTTP POST [RFC7231] request with parameters sent as "application/x-www-form-urlencoded" data as defined in [W3C.REC-html5-20141028].
t.test('a token in an address is not looked at (T17)', async (t) => {
  const { access_token: token } = await tokens()
  t.equal((await app.inject({ url: `/introspect?token=${token}`, headers: basicOf(client) })).statusCode, 405)
  t.match((await post(`/introspect?token=${token}`, {}, basicOf(client))).json(), { error: 'invalid_request' })
})

const mcp = sampleResource({ identifier: RESOURCE, secretHash: sha256('the secret of the resource') })
await storage.resources.insert(mcp)
const server: Registered = { client_id: mcp.id, client_secret: 'the secret of the resource' }

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.1
//# The methods of managing and validating these authentication credentials are out of scope of this specification.
t.test('a resource asks with its id and secret, by header or by form', async (t) => {
  const { access_token: token } = await tokens({ resource: RESOURCE })
  t.match((await send('/introspect', { token }, server)).json(), {
    active: true,
    aud: RESOURCE,
    client_id: client.client_id,
    sub: String,
    username: 'admin',
    scope: String,
    jti: String,
  })
  t.match((await post('/introspect', { token, ...server })).json(), { active: true })
  const wrong = { client_id: mcp.id, client_secret: 'the secret of the resourc' }
  const responses = await Promise.all([
    send('/introspect', { token }, wrong),
    post('/introspect', { token, client_id: mcp.id }),
    send('/introspect', { token }, { ...server, client_id: 'resource_unknown' }),
    post('/introspect', {
      token,
      client_id: mcp.id,
      client_assertion: 'a.b.c',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  ])
  for (const response of responses)
    t.match([response.statusCode, response.headers['www-authenticate'], response.json()], [401, /./, { error: 'invalid_client' }])
  t.equal(new Set(responses.slice(0, 3).map(({ body }) => body)).size, 1, 'one answer for all of them (T14)')
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.2
//# the protected resource is not allowed to introspect this particular token
//= https://www.rfc-editor.org/rfc/rfc7662#section-4
//# If the token can be used only at certain resource servers, the authorization server MUST determine whether or not the token can be used at the resource server making the introspection call.
t.test('a resource learns about access tokens for itself, and about nothing else', async (t) => {
  const own = await tokens({ resource: RESOURCE })
  const elsewhere = await tokens({ resource: `${RESOURCE}/other` })
  const nowhere = await tokens()
  for (const token of [elsewhere.access_token, nowhere.access_token, own.refresh_token, own.id_token, 'unknown'])
    t.strictSame((await send('/introspect', { token }, server)).json(), inactive)
  await send('/revoke', { token: own.refresh_token })
  t.strictSame((await send('/introspect', { token: own.access_token }, server)).json(), inactive, 'revoked')
})

t.test('a resource is no client: no other endpoint knows it', async (t) => {
  for (const path of ['/token', '/revoke'])
    t.match((await send(path, { token: 'x', grant_type: 'refresh_token', refresh_token: 'x' }, server)).json(), { error: 'invalid_client' })
})

t.test('a new secret counts at once, and so does the end of a resource', async (t) => {
  const { access_token: token } = await tokens({ resource: RESOURCE })
  await storage.resources.rotateSecret(mcp.id, sha256('another'), clock.now)
  t.equal((await send('/introspect', { token }, server)).statusCode, 401)
  t.match((await send('/introspect', { token }, { ...server, client_secret: 'another' })).json(), { active: true })
  await storage.resources.delete(mcp.id)
  t.equal((await send('/introspect', { token }, { ...server, client_secret: 'another' })).statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-4
//# A token that isn't valid yet is not active.
t.test('a token of later is not active, even signed by us', async (t) => {
  const { access_token } = await tokens()
  const claims = decodeJwt(access_token)
  const keyset = await loadKeyset(storage.keys, SECRET, 0)
  const { kid, privateKey } = await keyset.signingKey('ES256')
  const sign = (changes: object) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid }).sign(privateKey)
  const now = Math.floor(clock.now / 1000)
  t.match((await send('/introspect', { token: await sign({ nbf: now - 1 }) })).json(), { active: true })
  for (const changes of [{ nbf: now + 60 }, { nbf: 'later' }, { exp: now - 1 }])
    t.strictSame((await send('/introspect', { token: await sign(changes) })).json(), inactive, JSON.stringify(changes))
})
