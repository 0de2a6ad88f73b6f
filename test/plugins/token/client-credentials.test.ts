/** Tokens that a client gets for itself: every endpoint knows them for what they are, whatever their format. */
import { decodeJwt } from 'jose'
import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import type { TokenResponse } from '#src/schemas/token.ts'
import { basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { Api, TestClient } from '#test/support/api.ts'
import { handOut } from '#test/support/initial-access.ts'
import { sampleResource } from '#test/support/records.ts'

const planets = sampleResource({ secretHash: sha256('the secret of planets') })

async function machineAt(api: Api, name: string): Promise<TestClient> {
  const headers = await handOut(api, { name, policy: { grantTypes: ['client_credentials'], scopes: ['tools:read'] } })
  return (
    await api.app.inject({ method: 'POST', url: '/register', headers, payload: { client_name: name, grant_types: ['client_credentials'] } })
  ).json()
}

async function createFormat(format: 'jwt' | 'opaque') {
  const api = await createApi(t, { ACCESS_TOKEN_FORMAT: format })
  await api.storage.resources.insert(planets)
  api.clock.now += 5000
  return { format, api }
}

for (const { format, api } of await Promise.all([createFormat('jwt'), createFormat('opaque')])) {
  const own = async (client: TestClient) =>
    (
      await api.post('/token', { grant_type: 'client_credentials', resource: planets.identifier, ...credentials(client) })
    ).json<TokenResponse>().access_token
  const introspect = async (token: string, client: TestClient) =>
    (await api.post('/introspect', { token, ...credentials(client) })).json<{ active: boolean }>()

  t.test(`${format}: introspection tells its client and its resource about it, and names nobody`, async (t) => {
    const machine = await machineAt(api, 'told')
    const token = await own(machine)
    t.equal(token.includes('.'), format === 'jwt')
    const told = {
      active: true,
      token_type: 'Bearer',
      sub: machine.client_id,
      client_id: machine.client_id,
      aud: planets.identifier,
      scope: 'tools:read',
    }
    const byResource = (await api.post('/introspect', { token }, basic(planets.id, 'the secret of planets'))).json<object>()
    for (const answer of [await introspect(token, machine), byResource]) {
      t.match(answer, told)
      for (const member of ['username', 'auth_time', 'acr', 'gid']) t.notOk(member in answer, member)
    }
    t.strictSame(await introspect(token, await machineAt(api, 'other')), { active: false })
  })

  t.test(`${format}: UserInfo refuses it`, async (t) => {
    const authorization = `Bearer ${await own(await machineAt(api, 'curious'))}`
    isOAuthError(t, await api.app.inject({ url: '/userinfo', headers: { authorization } }), 403, 'insufficient_scope')
  })

  t.test(`${format}: it ends when it is revoked, when its client is disabled, for good, or deleted, and with its time`, async (t) => {
    const [revoked, disabled, deleted, left] = [
      await machineAt(api, 'revoked'),
      await machineAt(api, 'disabled'),
      await machineAt(api, 'deleted'),
      await machineAt(api, 'left'),
    ]
    const tokens = await Promise.all([own(revoked), own(disabled), own(deleted), own(left)])
    const byResource = async (token: string) =>
      (await api.post('/introspect', { token }, basic(planets.id, 'the secret of planets'))).json<{ active: boolean }>().active
    const all = () => Promise.all(tokens.map(byResource))
    t.strictSame(await all(), [true, true, true, true])
    t.equal((await api.post('/revoke', { token: tokens[0], ...credentials(revoked) })).statusCode, 200)
    api.clock.now += 2000
    await api.storage.clients.disable(disabled.client_id, api.clock.now)
    await api.storage.clients.delete(deleted.client_id)
    t.strictSame(await all(), [false, false, false, true])
    await api.storage.clients.enable(disabled.client_id, api.clock.now)
    t.equal(await byResource(tokens[1]), false)
    t.equal(await byResource(await own(disabled)), true, 'one of after')
    isOAuthError(
      t,
      await api.post('/revoke', { token: tokens[3], ...credentials(revoked) }),
      400,
      'invalid_grant',
      'the token was issued to another client',
    )
    const before = api.clock.now
    api.clock.now += 3_600_000
    t.equal(await byResource(tokens[3]), false)
    api.clock.now = before
  })
}

t.test('a client that registers without the word of an operator gets no token that nobody allowed (T5)', async (t) => {
  const api = await createApi(t)
  const stranger = await api.register({ grant_types: ['authorization_code', 'client_credentials'] })
  isOAuthError(t, await api.post('/token', { grant_type: 'client_credentials', ...credentials(stranger) }), 400, 'unauthorized_client')
  const registered = await api.app.inject({ method: 'POST', url: '/register', payload: { grant_types: ['client_credentials'] } })
  isOAuthError(t, registered, 400, 'invalid_client_metadata', /^grant_types must include one of authorization_code, /)
})

t.test('a client keeps the grant through an update that its policy allows, and gets none by another (T12)', async (t) => {
  const api = await createApi(t)
  for (const [grantTypes, kept] of [
    [
      ['authorization_code', 'client_credentials'],
      ['authorization_code', 'client_credentials'],
    ],
    [undefined, ['authorization_code']],
  ] as const) {
    const headers = await handOut(api, { name: `token ${kept.length}`, policy: { grantTypes } })
    const body = { redirect_uris: ['https://client.example/callback'], grant_types: ['authorization_code'] }
    const made = (await api.app.inject({ method: 'POST', url: '/register', headers, payload: body })).json<{
      client_id: string
      registration_access_token: string
    }>()
    const changed = await api.app.inject({
      method: 'PUT',
      url: `/register/${made.client_id}`,
      headers: { authorization: `Bearer ${made.registration_access_token}` },
      payload: { ...body, client_id: made.client_id, grant_types: ['authorization_code', 'client_credentials'] },
    })
    t.strictSame(changed.json<{ grant_types: string[] }>().grant_types, kept)
  }
})

t.test('a JWT that a client got for itself names neither a person nor a grant', async (t) => {
  const api = await createApi(t)
  const response = await api.post('/token', { grant_type: 'client_credentials', ...credentials(await machineAt(api, 'plain')) })
  t.strictSame(Object.keys(decodeJwt(response.json<TokenResponse>().access_token)).sort(), [
    'aud',
    'client_id',
    'exp',
    'iat',
    'iss',
    'jti',
    'scope',
    'sub',
  ])
})
