/** Access tokens that are no JWT: every endpoint takes them for what they stand for. */
import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TokenResponse } from '#src/schemas/token.ts'

const api = await createApi(t, { ACCESS_TOKEN_FORMAT: 'opaque', ACCESS_TOKEN_TTL: '30m' })
const { clock, storage } = api
const client = await api.register()
const stranger = await api.register()
const inactive = { active: false }

const userinfo = (token: string) => api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })
const introspect = async (token: string, by = client) => (await api.post('/introspect', { token, ...credentials(by) })).json<object>()
const revoke = (token: string, by = client) => api.post('/revoke', { token, ...credentials(by) })
const refresh = async (token = '') =>
  (await api.post('/token', { grant_type: 'refresh_token', refresh_token: token, ...credentials(client) })).json<TokenResponse>()

t.test('a token is 32 random bytes, of which the database knows the hash', async (t) => {
  const { access_token, expires_in, id_token } = await api.tokens(client, { resources: ['https://mcp.example/'] })
  t.match(access_token, /^[\w-]{43}$/)
  t.equal(expires_in, 1800)
  t.type(id_token, 'string')
  t.match(await storage.grants.findAccessToken(sha256(access_token), clock.now), { token: { claims: { aud: 'https://mcp.example/' } } })
  t.equal(await storage.grants.findAccessToken(access_token, clock.now), undefined)
})

t.test('UserInfo and introspection know it until its end', async (t) => {
  const { access_token } = await api.tokens(client, { scopes: ['openid', 'email'], resources: ['https://mcp.example/'] })
  const iat = Math.floor(clock.now / 1000)
  t.match((await userinfo(access_token)).json(), { sub: String })
  const claims = {
    iss: 'http://localhost:8000',
    aud: 'https://mcp.example/',
    client_id: client.client_id,
    scope: 'openid email',
    iat,
    exp: iat + 1800,
    jti: /^[\w-]{22}$/,
  }
  t.match(await introspect(access_token), { active: true, token_type: 'Bearer', username: undefined, ...claims })
  t.strictSame(await introspect(access_token, stranger), inactive)
  const before = clock.now
  clock.now = (iat + 1800) * 1000
  t.strictSame([(await userinfo(access_token)).statusCode, await introspect(access_token)], [401, inactive])
  clock.now = before
})

t.test('a refresh brings another, and the first lives on', async (t) => {
  const first = await api.tokens(client)
  const second = await refresh(first.refresh_token)
  t.not(second.access_token, first.access_token)
  for (const { access_token } of [first, second]) t.equal((await userinfo(access_token)).statusCode, 200)
})

t.test('its client revokes it, alone; nobody else can', async (t) => {
  const first = await api.tokens(client)
  const second = await refresh(first.refresh_token)
  isOAuthError(t, await revoke(first.access_token, stranger), 400, 'invalid_grant', 'the token was issued to another client')
  t.equal((await revoke(first.access_token)).statusCode, 200)
  t.strictSame([(await userinfo(first.access_token)).statusCode, await introspect(first.access_token)], [401, inactive])
  t.equal((await userinfo(second.access_token)).statusCode, 200)
})

t.test('it dies at once with its grant: revoked, or replayed', async (t) => {
  const revoked = await api.tokens(client)
  await revoke(revoked.refresh_token!)
  const code = await api.code(client)
  const form = { grant_type: 'authorization_code', code, redirect_uri: 'https://client.example/callback', ...credentials(client) }
  const replayed = (await api.post('/token', form)).json<TokenResponse>()
  t.equal((await userinfo(replayed.access_token)).statusCode, 200)
  isOAuthError(t, await api.post('/token', form), 400, 'invalid_grant')
  for (const { access_token } of [revoked, replayed])
    t.strictSame([(await userinfo(access_token)).statusCode, await introspect(access_token)], [401, inactive])
})

t.test('T13: no part of it is a token', async (t) => {
  const { access_token } = await api.tokens(client)
  for (const token of [
    access_token.slice(0, -1),
    access_token.slice(1),
    `${access_token}=`,
    `${access_token}A`,
    `${access_token}.`,
    access_token.toLowerCase(),
    sha256(access_token),
  ]) {
    t.strictSame([(await userinfo(token)).statusCode, await introspect(token)], [401, inactive], token)
  }
  t.equal((await userinfo(access_token)).statusCode, 200)
})

t.test('an access token is no refresh token, and the other way round', async (t) => {
  const { access_token, refresh_token = '' } = await api.tokens(client)
  t.match(await refresh(access_token), { error: 'invalid_grant' })
  t.equal((await userinfo(refresh_token)).statusCode, 401)
})
