import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { IntrospectionResponse } from '#src/schemas/token.ts'
import { basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'

const api = await createApi(t)
const { storage, clock } = api
const client = await api.register()
const stranger = await api.register()
const { id: sub } = (await storage.users.findAdministrator())!

const introspect = (token: string | string[] = '', by: TestClient = client) => api.post('/introspect', { token, ...credentials(by) })

t.test('a client learns about its own access token what the token says', async (t) => {
  const { access_token } = await api.tokens(client, { scopes: ['openid', 'email'], resources: ['https://mcp.example/mcp'] })
  const response = await introspect(access_token)
  t.equal(response.statusCode, 200)
  t.match(response.headers, {
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
    'content-type': 'application/json; charset=utf-8',
  })
  t.ok(Value.Check(IntrospectionResponse, response.json()))
  const { jti, ...rest } = response.json()
  const iat = Math.floor(clock.now / 1000)
  t.match(jti, /^[\w-]{22}$/)
  t.strictSame(rest, {
    active: true,
    scope: 'openid email',
    client_id: client.client_id,
    token_type: 'Bearer',
    exp: iat + 3600,
    auth_time: iat,
    ...PASSWORD_LOGIN,
    iat,
    sub,
    aud: 'https://mcp.example/mcp',
    iss: 'http://localhost:8000',
  })
})

t.test('a client learns the name of the user with the scope profile only, and never if its subjects are pairwise', async (t) => {
  const pairwise = await api.register({ subject_type: 'pairwise' })
  const usernameFor = async (by: TestClient, scopes: string[]) => {
    const { access_token, refresh_token } = await api.tokens(by, { scopes })
    return [(await introspect(access_token, by)).json().username, (await introspect(refresh_token, by)).json().username]
  }
  t.strictSame(await usernameFor(client, ['openid', 'profile', 'offline_access']), ['admin', 'admin'])
  t.strictSame(await usernameFor(client, ['openid', 'email', 'offline_access']), [undefined, undefined])
  t.strictSame(await usernameFor(client, ['openid', 'profiles']), [undefined, undefined])
  t.strictSame(await usernameFor(pairwise, ['openid', 'profile', 'offline_access']), [undefined, undefined])
})

t.test('a client learns about its own refresh token', async (t) => {
  const { refresh_token } = await api.tokens(client)
  const response = await introspect(refresh_token)
  const iat = Math.floor(clock.now / 1000)
  t.strictSame(response.json(), {
    active: true,
    scope: 'openid profile email offline_access',
    client_id: client.client_id,
    username: 'admin',
    exp: iat + 30 * 86_400,
    iat,
    sub,
    iss: 'http://localhost:8000',
  })
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.2
//# If the introspection call is properly authorized but the token is not active, does not exist on this server, or the protected resource is not allowed to introspect this particular token, then the authorization server MUST return an introspection response with the "active" field set to "false".
//= https://www.rfc-editor.org/rfc/rfc7662#section-2.2
//# the authorization server SHOULD NOT include any additional information about an inactive token, including why the token is inactive.
t.test('of every other token a client learns that it is not active, and no more', async (t) => {
  const tokens = await api.tokens(client)
  const revoked = await api.tokens(client)
  await api.post('/revoke', { token: revoked.refresh_token!, ...credentials(client) })
  const alone = await api.tokens(client)
  await api.post('/revoke', { token: alone.access_token, ...credentials(client) })
  const used = await api.tokens(client)
  await api.post('/token', { grant_type: 'refresh_token', refresh_token: used.refresh_token!, ...credentials(client) })
  const cases: [about: string, token: string | undefined, by?: TestClient][] = [
    ['unknown', 'x'],
    ['unknown with dots', 'a.b.c'],
    ["another client's access token", tokens.access_token, stranger],
    ["another client's refresh token", tokens.refresh_token, stranger],
    ['an id_token', tokens.id_token],
    ['of a revoked grant', revoked.access_token],
    ['a revoked refresh token', revoked.refresh_token],
    ['a revoked access token', alone.access_token],
    ['a used refresh token', used.refresh_token],
  ]
  for (const [about, token, by] of cases) {
    const response = await introspect(token, by)
    t.equal(response.statusCode, 200, about)
    t.strictSame(response.json(), { active: false }, about)
  }
})

t.test('tokens end with their time, their grant and their person', async (t) => {
  const late = await createApi(t)
  const owner = await late.register()
  const ask = async (token = '') => (await late.post('/introspect', { token, ...credentials(owner) })).json().active as boolean
  const { access_token, refresh_token } = await late.tokens(owner)
  t.strictSame([await ask(access_token), await ask(refresh_token)], [true, true])
  late.clock.now += 3_600_000
  t.strictSame([await ask(access_token), await ask(refresh_token)], [false, true])
  late.clock.now += 30 * 86_400_000
  t.strictSame([await ask(access_token), await ask(refresh_token)], [false, false])

  const once = await late.tokens(owner)
  const { id } = (await late.storage.users.findAdministrator())!
  await late.storage.users.disable(id, late.clock.now)
  t.strictSame([await ask(once.access_token), await ask(once.refresh_token)], [false, false])
})

//= https://www.rfc-editor.org/rfc/rfc7662#section-2.1
//# To prevent token scanning attacks, the endpoint MUST also require some form of authorization to access this endpoint
t.test('only a client with a secret may ask', async (t) => {
  const { access_token: token } = await api.tokens(client)
  const open = await api.register({ token_endpoint_auth_method: 'none' })
  isOAuthError(t, await introspect(token, open), 401, 'invalid_client', 'introspection needs a client with a secret or a key')
  isOAuthError(t, await api.post('/introspect', { token }), 401, 'invalid_client', 'client authentication is required')
  isOAuthError(t, await introspect(['a', 'b'], { client_id: client.client_id }), 401, 'invalid_client')
  const bearer = await api.post('/introspect', { token }, { authorization: `Bearer ${token}` })
  isOAuthError(t, bearer, 401, 'invalid_client', 'client authentication is required')
  t.equal((await api.post('/introspect', { token }, basic(client.client_id, client.client_secret!))).json().active, true)
})

t.test('then it is told what is wrong', async (t) => {
  isOAuthError(t, await introspect(['a', 'b']), 400, 'invalid_request', 'token must not be repeated')
  isOAuthError(t, await introspect(''), 400, 'invalid_request', 'token is required')
  isOAuthError(t, await api.post('/introspect', credentials(client)), 400, 'invalid_request', 'token is required')
  isOAuthError(t, await api.app.inject('/introspect?token=x'), 405, 'invalid_request', 'this address answers POST only')
})
