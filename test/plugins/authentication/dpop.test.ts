/** Tokens that are bound to a key, where the standard leaves it to the server: other grants and formats, other nodes, scripts. */
import { decodeJwt } from 'jose'
import t from 'tap'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import type { TokenResponse } from '#src/schemas/token.ts'
import { ISSUER } from '#test/support/app.ts'
import { basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import { handOut } from '#test/support/initial-access.ts'

const opaque = await createApi(t, { ACCESS_TOKEN_FORMAT: 'opaque' })
const key = await createProofKey(() => opaque.clock.now)

t.test('a token that is no JWT is bound as one, also where a client got it for itself', async (t) => {
  const { app, post } = opaque
  const headers = await handOut(opaque, { name: 'machines', policy: { grantTypes: ['client_credentials'] } })
  const machine = (await app.inject({ method: 'POST', url: '/register', headers, payload: { grant_types: ['client_credentials'] } })).json()
  const issued = await post(
    '/token',
    { grant_type: 'client_credentials', ...credentials(machine) },
    { dpop: await key.prove('POST', `${ISSUER}/token`) },
  )
  t.match(issued.json(), { token_type: 'DPoP', access_token: /^[\w-]{43}$/ })
  const described = await post('/introspect', { token: issued.json<TokenResponse>().access_token, ...credentials(machine) })
  t.match(described.json(), { active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } })

  const client = await opaque.register()
  const form = {
    grant_type: 'authorization_code',
    code: await opaque.code(client),
    redirect_uri: 'https://client.example/callback',
    ...credentials(client),
  }
  const { access_token } = (await post('/token', form, { dpop: await key.prove('POST', `${ISSUER}/token`) })).json<TokenResponse>()
  const userinfo = (authorization: string, dpop: string) => app.inject({ url: '/userinfo', headers: { authorization, dpop } })
  const proof = () => key.prove('GET', `${ISSUER}/userinfo`, ath(access_token))
  t.equal((await userinfo(`DPoP ${access_token}`, await proof())).statusCode, 200)
  isOAuthError(t, await userinfo(`Bearer ${access_token}`, await proof()), 401, 'invalid_token', /bound to a key/)
})

t.test('a device that proves a key gets tokens that are bound to it, and a refresh token if it cannot authenticate', async (t) => {
  const device = await createDeviceConversation(t, { metadata: { token_endpoint_auth_method: 'none' } })
  const asked = await device.ask()
  await device.decide('allow', asked.user_code)
  const own = await createProofKey(() => device.clock.now)
  const prove = async (form: Record<string, string>) =>
    device.post('/token', { client_id: device.client.client_id, ...form }, { dpop: await own.prove('POST', `${ISSUER}/token`) })
  const issued = (await prove({ grant_type: DEVICE_CODE_GRANT, device_code: asked.device_code })).json<TokenResponse>()
  t.match([issued.token_type, decodeJwt(issued.access_token)], ['DPoP', { cnf: { jkt: own.jkt } }])
  const refreshed = { grant_type: 'refresh_token', refresh_token: issued.refresh_token! }
  t.match((await device.post('/token', { client_id: device.client.client_id, ...refreshed })).json(), { error: 'invalid_grant' })
  t.match((await prove(refreshed)).json(), { token_type: 'DPoP' })
})

t.test('a proof is checked after its sender: who is not the client learns nothing of it, and uses nothing up', async (t) => {
  const client = await opaque.register()
  const dpop = await key.prove('POST', `${ISSUER}/token`)
  const form = { grant_type: 'refresh_token', refresh_token: 'unknown' }
  isOAuthError(t, await opaque.post('/token', form, { ...basic(client.client_id, 'wrong'), dpop }), 401, 'invalid_client')
  isOAuthError(t, await opaque.post('/token', form, { ...basic(client.client_id, client.client_secret!), dpop }), 400, 'invalid_grant')
  isOAuthError(
    t,
    await opaque.post('/token', form, { ...basic(client.client_id, client.client_secret!), dpop }),
    400,
    'invalid_dpop_proof',
    'the DPoP proof was already used',
  )
})

t.test('a script may send a proof, and reads the nonce', async (t) => {
  const headers = {
    origin: 'http://localhost:6274',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,dpop',
  }
  const preflight = await opaque.app.inject({ method: 'OPTIONS', url: '/token', headers })
  t.match(preflight.headers['access-control-allow-headers'], /dpop/)
  t.match((await opaque.post('/token', {}, { origin: headers.origin })).headers['access-control-expose-headers'], /DPoP-Nonce/)
})

t.test('a nonce of one node counts on all, also while SECRET is being replaced', async (t) => {
  const before = await createApi(t, { DPOP_NONCE: 'on' })
  const secret = 'another secret of tests, longer than 32 characters'
  const after = await createApi(t, { DPOP_NONCE: 'on', SECRET: secret, SECRET_PREVIOUS: before.config.secret! })
  after.clock.now = before.clock.now
  const ask = async (api: typeof after, nonce?: string) => {
    const client = await api.register()
    return api.post(
      '/token',
      { grant_type: 'refresh_token', refresh_token: 'unknown', ...credentials(client) },
      { dpop: await key.prove('POST', `${ISSUER}/token`, { nonce, iat: Math.floor(api.clock.now / 1000) }) },
    )
  }
  const given = String((await ask(before)).headers['dpop-nonce'])
  t.match((await ask(after, given)).json(), { error: 'invalid_grant' })
  t.not((await ask(after)).headers['dpop-nonce'], given)
})
