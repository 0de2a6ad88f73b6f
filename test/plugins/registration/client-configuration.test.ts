import t from 'tap'
import { REDIRECT_URI, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { createPerson } from '#test/support/people/person.ts'
import { injectFetch } from '#test/support/app.ts'
import { registerManaged } from '#test/support/clients/management.ts'
import type { Information } from '#test/support/clients/management.ts'

const HOUR_MS = 3_600_000
const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off', CLIENT_SECRET_OVERLAP: '1h' })
const { app, storage, clock } = api

/** Whether the client gets in with that secret: a made-up code is refused only after that. */
async function works({ client_id }: TestClient, client_secret: string | undefined): Promise<boolean> {
  const response = await api.post('/token', {
    grant_type: 'authorization_code',
    code: 'x',
    redirect_uri: REDIRECT_URI,
    ...credentials({ client_id, ...(client_secret !== undefined && { client_secret }) }),
  })
  return response.json<{ error: string }>().error === 'invalid_grant'
}

t.test('a client that shows its secret gets the next, and both work for as long as the operator says', async (t) => {
  const client = await registerManaged(app)
  const { client_secret: first } = client.information
  await client.update({ client_secret: first })
  const { client_secret: second } = client.information
  t.not(second, first)
  t.ok(await works(client.information, first))
  t.ok(await works(client.information, second))
  clock.now += HOUR_MS
  t.notOk(await works(client.information, first))
  t.ok(await works(client.information, second))
})

t.test('a client that lost the answer shows the secret and the token before, and is not locked out', async (t) => {
  const client = await registerManaged(app)
  const { client_secret: first, registration_access_token: token } = client.information
  await client.update({ client_secret: first })
  const lost = client.information
  clock.now += HOUR_MS / 2
  t.equal((await client.update({ client_secret: first }, token)).statusCode, 200)
  t.ok(await works(client.information, client.information.client_secret))
  t.notOk(await works(client.information, lost.client_secret), 'what was lost is no good any more')
  t.equal((await client.read(lost.registration_access_token)).statusCode, 401)
  t.ok(await works(client.information, first))
  clock.now += HOUR_MS / 2
  t.notOk(await works(client.information, first), 'asking again does not prolong the secret before')
})

t.test('an update without the secret leaves it as it is', async (t) => {
  const client = await registerManaged(app)
  const { client_secret: secret } = client.information
  await client.update({ client_name: 'B' })
  t.notOk('client_secret' in client.information)
  t.equal(client.information['client_secret_expires_at'], 0)
  t.ok(await works(client.information, secret))
})

t.test('a client that turns confidential gets a secret, and one that turns public loses it', async (t) => {
  const client = await registerManaged(app, { token_endpoint_auth_method: 'none' })
  await client.update({ token_endpoint_auth_method: 'client_secret_post' })
  const { client_secret: secret } = client.information
  t.match(client.information, {
    client_secret: /^[\w-]{43}$/,
    client_secret_expires_at: 0,
    token_endpoint_auth_method: 'client_secret_post',
  })
  t.ok(await works(client.information, secret))
  t.notOk(await works(client.information, undefined))
  await client.update({ token_endpoint_auth_method: 'none' })
  t.notOk('client_secret' in client.information || 'client_secret_expires_at' in client.information)
  t.ok(await works(client.information, undefined))
  t.notOk(await works(client.information, secret), 'no overlap: there is nothing to follow it')
  const jwks = {
    keys: [{ kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' }],
  }
  await client.update({ token_endpoint_auth_method: 'private_key_jwt', jwks })
  t.match(client.information, { token_endpoint_auth_method: 'private_key_jwt', jwks })
})

t.test('of updates sent together with one token, one happens and the others say so', async (t) => {
  const client = await registerManaged(app)
  const { registration_access_token: token, registration_client_uri: uri, client_id } = client.information
  const send = (client_name: string) =>
    app.inject({
      method: 'PUT',
      url: new URL(uri).pathname,
      headers: { authorization: `Bearer ${token}` },
      payload: { client_id, client_name, redirect_uris: [REDIRECT_URI] },
    })
  const responses = await Promise.all(['A', 'B', 'C', 'D'].map(send))
  const [won, ...more] = responses.filter(({ statusCode }) => statusCode === 200)
  t.strictSame(more, [])
  for (const response of responses) {
    if (response !== won)
      isOAuthError(t, response, 409, 'invalid_request', 'the registration was changed at the same moment: read it and try again')
  }
  t.match((await client.read(won!.json<Information>().registration_access_token)).json(), {
    client_name: won!.json<Information>()['client_name'],
  })
})

t.test('of deletions sent together, one happens and the others find no client', async (t) => {
  const client = await registerManaged(app)
  const responses = await Promise.all([client.delete(), client.delete(), client.delete()])
  t.strictSame(responses.map(({ statusCode }) => statusCode).sort(), [204, 401, 401])
})

t.test('a deletion may announce a body that it has not', async (t) => {
  const { information } = await registerManaged(app)
  const headers = { authorization: `Bearer ${information.registration_access_token}`, 'content-type': 'application/json' }
  t.equal((await app.inject({ method: 'DELETE', url: `/register/${information.client_id}`, headers })).statusCode, 204)
})

t.test('a script may manage a client, and read why not', async (t) => {
  const { information } = await registerManaged(app)
  const url = `/register/${information.client_id}`
  for (const method of ['PUT', 'DELETE']) {
    const preflight = await app.inject({
      method: 'OPTIONS',
      url,
      headers: { origin: 'https://a.example', 'access-control-request-method': method },
    })
    t.match([preflight.statusCode, preflight.headers['access-control-allow-methods']], [204, new RegExp(method)])
  }
  isOAuthError(t, await app.inject({ method: 'DELETE', url }), 401, 'invalid_token', 'the registration access token is required')
  isOAuthError(t, await app.inject({ method: 'PATCH', url }), 405, 'invalid_request')
  t.equal((await app.inject(`${url}/more`)).statusCode, 404)
})

t.test('who shares a record manages nothing: it is not theirs alone', async (t) => {
  const sharing = await createApi(t, { SHARE_IDENTICAL_CLIENTS: 'true' })
  const register = (token_endpoint_auth_method: string) =>
    sharing.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method } })
  const [first, second] = [(await register('none')).json<TestClient>(), (await register('none')).json<TestClient>()]
  t.equal(first.client_id, second.client_id)
  for (const member of ['registration_access_token', 'registration_client_uri']) t.notOk(member in first || member in second, member)
  t.match(await sharing.app.inject({ method: 'DELETE', url: `/register/${first.client_id}`, headers: { authorization: 'Bearer x' } }), {
    statusCode: 401,
  })
  t.ok('registration_access_token' in (await register('client_secret_basic')).json<object>(), 'a client with a secret is its own')
  const events = await sharing.storage.auditEvents.list({ clientId: first.client_id, since: 0, limit: 10 })
  t.strictSame(
    events.map(({ name }) => name).sort(),
    ['client.refused', 'client.registered', 'client.registered'],
    'each registration is told of the client that it got',
  )
})

t.test('attempts count against the limit of their address', async (t) => {
  const limited = await createApi(t, { RATE_LIMIT_REGISTER: '3/1m' })
  const ask = (remoteAddress: string) =>
    limited.app.inject({ url: '/register/client_x', headers: { authorization: 'Bearer x' }, remoteAddress })
  for (let i = 0; i < 3; i++) t.equal((await ask('2001:db8:1:2::1')).statusCode, 401)
  const response = await ask('2001:db8:1:2:ffff::9')
  isOAuthError(t, response, 429, 'temporarily_unavailable')
  t.match(response.headers['retry-after'], /^\d+$/)
  t.equal((await ask('2001:db8:1:3::1')).statusCode, 401, 'another network')
})

t.test('below the path of an issuer a client manages itself there', async (t) => {
  const below = await createApi(t, { ISSUER: 'http://localhost:8000/t1' })
  const registered = await below.app.inject({ method: 'POST', url: '/t1/register', payload: { redirect_uris: [REDIRECT_URI] } })
  const { registration_client_uri: uri, registration_access_token: token } = registered.json<Information>()
  const { pathname } = new URL(uri)
  t.match(pathname, /^\/t1\/register\/client_/)
  const send = (method: 'GET' | 'PATCH') => below.app.inject({ method, url: pathname, headers: { authorization: `Bearer ${token}` } })
  t.equal((await send('GET')).statusCode, 200)
  t.equal((await send('PATCH')).headers.allow, 'GET, HEAD, PUT, DELETE, OPTIONS')
})

t.test('a client that adds an address, or looks different, is allowed anew by people', async (t) => {
  const client = await registerManaged(app, { token_endpoint_auth_method: 'none', client_name: 'Comet' })
  const { client_id } = client.information
  const person = createPerson('http://localhost:8000', injectFetch(app))
  const url = (redirect_uri: string) =>
    `http://localhost:8000/authorize?${new URLSearchParams({ response_type: 'code', client_id, redirect_uri, scope: 'openid', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' })}`
  const unchanged = { token_endpoint_auth_method: 'none', client_name: 'Comet' }
  t.ok((await person.authorize(url(REDIRECT_URI))).searchParams.has('code'))
  t.ok((await person.open(url(REDIRECT_URI))).away, 'a remembered consent')
  await client.update({ ...unchanged, scope: 'openid' })
  t.ok((await person.open(url(REDIRECT_URI))).away, 'nothing that a person saw has changed')
  await client.update({ ...unchanged, redirect_uris: [REDIRECT_URI, 'https://elsewhere.example/callback'] })
  t.match((await person.open(url('https://elsewhere.example/callback'))).page?.html, /value="allow"/, 'no code without a question')
  t.ok(await storage.clients.find(client_id))
})
