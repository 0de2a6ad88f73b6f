// Who may register: anybody, who has an initial access token, or nobody (RFC 7591 section 1.2).
import t from 'tap'
import { WELL_KNOWN } from '#src/schemas/paths.ts'
import { REDIRECT_URI, createApi, isOAuthError } from '#test/support/api.ts'
import type { Api } from '#test/support/api.ts'
import { handOut } from '#test/support/initial-access.ts'
import { registerManaged } from '#test/support/clients/management.ts'

const MINUTE_MS = 60_000
const body = { redirect_uris: [REDIRECT_URI] }
const post = ({ app }: Api, headers: Record<string, string> = {}, members: object = {}) =>
  app.inject({ method: 'POST', url: '/register', headers, payload: { ...body, ...members } })

const open = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
const guarded = await createApi(t, { RATE_LIMIT_REGISTER: 'off', REGISTRATION: 'token' })
const closed = await createApi(t, { RATE_LIMIT_REGISTER: 'off', REGISTRATION: 'closed' })

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# If the request lacks any authentication information (e.g., the client was unaware that authentication is necessary or attempted using an unsupported authentication method), the resource server SHOULD NOT include an error code or other error information.
t.test('where a token is needed, who brings none is asked for one', async (t) => {
  for (const headers of [{}, { authorization: 'Basic eDp5' }]) {
    const response = await post(guarded, headers)
    isOAuthError(t, response, 401, 'invalid_token', 'an initial access token is required: ask the operator of this server for one')
    t.equal(response.headers['www-authenticate'], 'Bearer realm="http://localhost:8000"')
  }
})

t.test('a token that is wrong, over or used up registers nobody, wherever it is sent', async (t) => {
  for (const api of [open, guarded]) {
    const timed = await handOut(api, { name: 'timed', expiresAt: api.clock.now + MINUTE_MS })
    const single = await handOut(api, { name: 'single', usesLeft: 1 })
    t.equal((await post(api, timed)).statusCode, 201)
    t.equal((await post(api, single)).statusCode, 201)
    api.clock.now += MINUTE_MS
    for (const headers of [timed, single, { authorization: 'Bearer wrong' }]) {
      const response = await post(api, headers)
      isOAuthError(t, response, 401, 'invalid_token', 'the initial access token is unknown, expired or used up')
      t.match(response.headers['www-authenticate'], /^Bearer realm="http:\/\/localhost:8000", error="invalid_token", error_description="/)
    }
  }
})

t.test('of registrations sent together with a token of one use, one happens', async (t) => {
  const single = await handOut(guarded, { name: 'together', usesLeft: 1 })
  const responses = await Promise.all(Array.from({ length: 6 }, () => post(guarded, single)))
  t.strictSame(responses.map(({ statusCode }) => statusCode).sort(), [201, 401, 401, 401, 401, 401])
})

t.test('a registration that is refused costs no use', async (t) => {
  const single = await handOut(guarded, { name: 'careful', usesLeft: 1 })
  isOAuthError(t, await post(guarded, single, { redirect_uris: ['javascript:alert(1)'] }), 400, 'invalid_redirect_uri')
  t.equal((await post(guarded, single)).statusCode, 201)
})

t.test('a client is registered within the policy of its token, and told what holds', async (t) => {
  const token = await handOut(guarded, {
    name: 'bounded',
    policy: {
      redirectHosts: ['client.example'],
      scopes: ['openid', 'email'],
      authMethods: ['none', 'client_secret_basic'],
      grantTypes: ['authorization_code'],
    },
  })
  const { scope, grant_types } = (await post(guarded, token, { scope: 'openid admin' })).json<Record<string, unknown>>()
  t.strictSame([scope, grant_types], ['openid', ['authorization_code']])
  t.match((await post(guarded, token)).json(), { scope: 'openid email' })
  isOAuthError(
    t,
    await post(guarded, token, { redirect_uris: ['https://evil.example/'] }),
    400,
    'invalid_redirect_uri',
    'redirect_uris: https://evil.example/ is not allowed to this client',
  )
  isOAuthError(
    t,
    await post(guarded, token, { token_endpoint_auth_method: 'client_secret_post' }),
    400,
    'invalid_client_metadata',
    /^token_endpoint_auth_method must be none or client_secret_basic/,
  )
  const free = await handOut(open, { name: 'bounded', policy: { redirectHosts: ['client.example'] } })
  isOAuthError(
    t,
    await post(open, free, { redirect_uris: ['https://evil.example/'] }),
    400,
    'invalid_redirect_uri',
    undefined,
    'where anybody may register, too',
  )
})

t.test('where nobody may register, nobody can, and the metadata names no address for it', async (t) => {
  const token = await handOut(closed, { name: 'useless' })
  for (const headers of [{}, token])
    isOAuthError(
      t,
      await post(closed, headers),
      403,
      'access_denied',
      'registration is closed here: ask the operator of this server for a client_id',
    )
  for (const path of Object.values(WELL_KNOWN)) {
    t.notOk('registration_endpoint' in (await closed.app.inject(path)).json())
    t.match((await guarded.app.inject(path)).json(), { registration_endpoint: 'http://localhost:8000/register' })
  }
})

t.test('where nobody may register, the home page tells nobody to', async (t) => {
  const home = async ({ app }: typeof closed, accept: string) => (await app.inject({ url: '/', headers: { accept } })).body
  for (const accept of ['text/html', 'application/json']) {
    t.match(await home(guarded, accept), /\/register(?!\/)/)
    t.notMatch(await home(closed, accept), /\/register(?!\/)/)
    t.match(await home(closed, accept), '/register/', 'clients that are there still manage themselves')
  }
})

t.test('a client that is there manages itself, no matter who may register now', async (t) => {
  const registered = await registerManaged(open.app)
  const kept = (await open.storage.clients.find(registered.information.client_id))!
  await closed.storage.clients.insert(kept)
  const headers = { authorization: `Bearer ${registered.information.registration_access_token}` }
  t.equal((await closed.app.inject({ url: `/register/${kept.id}`, headers })).statusCode, 200)
})
