// Who asks is read together with what is behind the token: that changes nothing about who is let in, and what they learn is no older.
import { SignJWT } from 'jose'
import t from 'tap'
import type { Driver } from '#src/storage/driver.ts'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { REDIRECT_URI, basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { ISSUER } from '#test/support/app.ts'
import { makeClientKey, serveDocuments } from '#test/support/clients/client-documents.ts'
import { json } from '#test/support/network/tls-server.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { watchedDriver } from '#test/storage/recording-driver.ts'

const RESOURCE = 'https://mcp.example/mcp'
const KEYS_URI = 'https://client.example/keys.json'
const UNKNOWN = 'the client is unknown, or its authentication failed'
const inactive = { active: false }

let statements = 0
const wrapDriver = (driver: Driver) => watchedDriver(driver, () => void statements++)
/** How many statements a call takes, and what it brings. */
async function counted<T>(call: () => Promise<T>): Promise<readonly [number, T]> {
  const before = statements
  const outcome = await call()
  return [statements - before, outcome]
}

for (const format of ['jwt', 'opaque'] as const) {
  t.test(`of a live ${format} token nobody learns but its client and its resource`, async (t) => {
    const api = await createApi(t, { ACCESS_TOKEN_FORMAT: format }, undefined, { wrapDriver })
    const { storage, clock } = api
    const resource = await addResource(storage, { identifier: RESOURCE, secretHash: sha256('moons'), scopes: [] })
    const other = await addResource(storage, { secretHash: sha256('moons'), scopes: [] })
    const client = await api.register()
    const stranger = await api.register()
    const open = await api.register({ token_endpoint_auth_method: 'none' })
    const { access_token: token } = await api.tokens(client, { scopes: ['openid'], resources: [RESOURCE] })
    const ask = (by: TestClient, shown: string | string[] = token) => api.post('/introspect', { token: shown, ...credentials(by) })
    const asResource = (id: string, client_secret = 'moons') => ask({ client_id: id, client_secret })
    const secret = client.client_secret!

    await t.test('in one statement, no matter who asks', async (t) => {
      const own = await counted(() => ask(client))
      const byHeader = await counted(() => api.post('/introspect', { token }, basic(client.client_id, secret)))
      const its = await counted(() => asResource(resource.id))
      for (const [count, response] of [own, byHeader, its]) {
        t.match(response.json(), { active: true, client_id: client.client_id, aud: RESOURCE })
        t.equal(count, 1)
      }
      for (const [count, response] of [await counted(() => ask(stranger)), await counted(() => asResource(other.id))])
        t.strictSame([count, response.json()], [1, inactive])
    })

    await t.test('but only with the right secret', async (t) => {
      const wrong = [
        { ...client, client_secret: stranger.client_secret! },
        { ...client, client_secret: sha256(secret) },
        { client_id: 'client_unknown', client_secret: secret },
        { client_id: 'clïent', client_secret: secret },
        { client_id: 'https://client.example/', client_secret: secret },
        { client_id: open.client_id, client_secret: secret },
        { client_id: resource.id, client_secret: secret },
        { client_id: resource.id },
        { client_id: 'resource_unknown', client_secret: 'moons' },
        { client_id: client.client_id },
      ]
      for (const by of wrong) isOAuthError(t, await ask(by), 401, 'invalid_client', undefined, JSON.stringify(by))
      isOAuthError(t, await ask(open), 401, 'invalid_client', 'introspection needs a client with a secret or a key')
    })

    await t.test('and what is wrong with the request is for those alone', async (t) => {
      isOAuthError(t, await ask(client, [token, token]), 400, 'invalid_request', 'token must not be repeated')
      isOAuthError(t, await ask({ ...client, client_secret: 'x' }, [token, token]), 401, 'invalid_client', UNKNOWN)
      isOAuthError(t, await api.post('/introspect', {}, basic(client.client_id, secret)), 400, 'invalid_request', 'token is required')
      isOAuthError(t, await api.app.inject({ method: 'POST', url: '/introspect' }), 401, 'invalid_client')
      isOAuthError(
        t,
        await api.app.inject({ method: 'POST', url: '/introspect', headers: basic(client.client_id, secret) }),
        400,
        'invalid_request',
      )
    })

    await t.test('until the caller or the token ends', async (t) => {
      await storage.clients.rotateSecret(client.client_id, { secretHash: sha256('new'), previousExpiresAt: clock.now + 1000 })
      t.match((await ask({ ...client, client_secret: 'new' })).json(), { active: true })
      t.match((await ask(client)).json(), { active: true }, 'the previous secret')
      clock.now += 1000
      isOAuthError(t, await ask(client), 401, 'invalid_client', UNKNOWN)
      await storage.clients.disable(stranger.client_id, clock.now)
      isOAuthError(t, await ask(stranger), 401, 'invalid_client', UNKNOWN)
      await storage.clients.disable(client.client_id, clock.now)
      isOAuthError(t, await ask({ ...client, client_secret: 'new' }), 401, 'invalid_client', UNKNOWN)
      t.strictSame((await asResource(resource.id)).json(), inactive, 'it ended with its client')
      await storage.resources.delete(resource.id)
      isOAuthError(t, await asResource(resource.id), 401, 'invalid_client', UNKNOWN)
    })
  })
}

t.test('a client that waits for an operator, or was refused, learns nothing', async (t) => {
  const api = await createApi(t, { CLIENTS: 'approve' })
  const client = await api.register()
  const ask = async (token: string) => (await api.post('/introspect', { token, ...credentials(client) })).json<Record<string, unknown>>()
  await api.storage.clients.approve((await api.storage.clients.find(client.client_id))!)
  const { access_token: token } = await api.tokens(client)
  t.match(await ask(token), { active: true })
  await api.storage.clients.refuse(client.client_id, api.clock.now)
  t.match(await ask(token), { error: 'unauthorized_client', active: undefined })
  const waiting = await api.register()
  const response = await api.post('/introspect', { token, ...credentials(waiting) })
  t.match(response.json(), { error: 'unauthorized_client', active: undefined })
})

t.test('a client whose keys take their time learns what became of its token meanwhile', async (t) => {
  const documents = await serveDocuments(t)
  const api = await createApi(t, {}, undefined, { safeFetch: documents })
  const key = await makeClientKey('own', 'ES256')
  documents.answers.set(KEYS_URI, json({ keys: [key.jwk] }))
  const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: KEYS_URI }
  const client = await api.register(metadata)
  let made = 0
  async function assertion({ kid, privateKey } = key) {
    const iat = Math.floor(api.clock.now / 1000)
    const claims = { iss: client.client_id, sub: client.client_id, aud: ISSUER, iat, exp: iat + 60, jti: `jti-${made++}` }
    const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
    return { client_assertion_type: ASSERTION_TYPE, client_assertion }
  }
  const form = { grant_type: 'authorization_code', code: await api.code(client), redirect_uri: REDIRECT_URI }
  const { access_token: token } = (await api.post('/token', { ...form, ...(await assertion()) })).json<{ access_token: string }>()
  const ask = async (by = key) => (await api.post('/introspect', { token, ...(await assertion(by)) })).json<object>()
  t.match(await ask(), { active: true, client_id: client.client_id })

  // A key that we don't know makes us fetch the set again.
  const next = await makeClientKey('next', 'ES256')
  const { id } = (await api.storage.users.findAdministrator())!
  api.clock.now += 31_000
  documents.answers.set(KEYS_URI, (request, response) => {
    void api.storage.users.disable(id, api.clock.now).then(() => json({ keys: [next.jwk] })(request, response))
  })
  t.strictSame(await ask(next), inactive, 'its user was disabled before the keys came')
  t.equal(documents.asked.length, 2)
})
