import t from 'tap'
import { basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'

const api = await createApi(t)
const client = await api.register()
const stranger = await api.register()

const revoke = (token: string | string[], by: TestClient = client, more: Record<string, string> = {}) =>
  api.post('/revoke', { token, ...credentials(by), ...more })
const alive = async (access_token: string) =>
  (await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } })).statusCode === 200
const refresh = (refresh_token = '', by = client) => api.post('/token', { grant_type: 'refresh_token', refresh_token, ...credentials(by) })

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# If the particular token is a refresh token and the authorization server supports the revocation of access tokens, then the authorization server SHOULD also invalidate all access tokens based on the same authorization grant (see Implementation Note).
t.test('a client that revokes a refresh token ends all that was issued with it', async (t) => {
  const tokens = await api.tokens(client)
  const others = await api.tokens(client)
  const response = await revoke(tokens.refresh_token!)
  t.equal(response.statusCode, 200)
  t.equal(response.body, '')
  t.match(response.headers, { 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
  t.notOk(await alive(tokens.access_token))
  isOAuthError(t, await refresh(tokens.refresh_token), 400, 'invalid_grant')
  t.ok(await alive(others.access_token), 'another authorization lives on')
})

t.test('a client that revokes an access token ends that one alone', async (t) => {
  const first = await api.tokens(client)
  const second = (await refresh(first.refresh_token)).json()
  t.equal((await revoke(first.access_token)).statusCode, 200)
  t.notOk(await alive(first.access_token))
  t.ok(await alive(second.access_token))
  t.equal((await refresh(second.refresh_token)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.2
//# The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if the client
//# submitted an invalid token.
t.test('a client that revokes nothing, or again, hears the same', async (t) => {
  const { access_token, refresh_token = '', id_token = '' } = await api.tokens(client)
  for (const token of ['unknown', 'a.b.c', id_token, refresh_token, refresh_token, access_token, access_token]) {
    t.equal((await revoke(token)).statusCode, 200)
  }
})

t.test('a hint, right, wrong or unknown, changes nothing', async (t) => {
  for (const token_type_hint of ['refresh_token', 'access_token', 'pat', '']) {
    const tokens = await api.tokens(client)
    t.equal((await revoke(tokens.refresh_token!, client, { token_type_hint })).statusCode, 200)
    t.notOk(await alive(tokens.access_token), token_type_hint)
  }
})

t.test('a public client and one that uses the header revoke, too', async (t) => {
  const open = await api.register({ token_endpoint_auth_method: 'none' })
  const tokens = await api.tokens(open)
  t.equal((await revoke(tokens.refresh_token!, open)).statusCode, 200)
  t.notOk(await alive(tokens.access_token))
  const { refresh_token: token = '' } = await api.tokens(client)
  t.equal((await api.post('/revoke', { token }, basic(client.client_id, client.client_secret!))).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# verifies whether the token was issued to the client making the revocation request. If this validation fails, the
//# request is refused and the client is informed of the error by the authorization server
t.test('a client cannot revoke what was issued to another', async (t) => {
  const tokens = await api.tokens(client)
  for (const token of [tokens.refresh_token!, tokens.access_token]) {
    isOAuthError(t, await revoke(token, stranger), 400, 'invalid_grant', 'the token was issued to another client')
  }
  t.ok(await alive(tokens.access_token))
  t.equal((await refresh(tokens.refresh_token)).statusCode, 200)
})

t.test('a client is authenticated before anything else, then told what is wrong', async (t) => {
  isOAuthError(t, await api.post('/revoke', { token: ['a', 'b'] }), 401, 'invalid_client', 'client authentication is required')
  isOAuthError(t, await revoke('x', { client_id: client.client_id, client_secret: 'wrong' }), 401, 'invalid_client')
  isOAuthError(t, await revoke(['a', 'b']), 400, 'invalid_request', 'token must not be repeated')
  isOAuthError(t, await revoke('x'.repeat(8193)), 400, 'invalid_request', 'token is too long')
  isOAuthError(t, await revoke(''), 400, 'invalid_request', 'token is required')
  isOAuthError(t, await api.post('/revoke', credentials(client)), 400, 'invalid_request', 'token is required')
  isOAuthError(t, await api.app.inject('/revoke'), 405, 'invalid_request', 'this address answers POST only')
})
