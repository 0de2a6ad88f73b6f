import { SignJWT } from 'jose'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { createApp, injectFetch, ISSUER } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { CHATGPT, makeClientKey, serveDocuments } from '#test/support/clients/client-documents.ts'
import type { ClientKey } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'
import { json } from '#test/support/network/tls-server.ts'

const REDIRECT_URI = 'https://client.example/callback'
const KEYS_URI = 'https://client.example/keys.json'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

const register = ({ app }: TestApp, metadata: object) =>
  app.inject({
    method: 'POST',
    url: '/register',
    payload: { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'private_key_jwt', ...metadata },
  })

const post = ({ app }: TestApp, url: string, form: Record<string, string>) =>
  app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })

let made = 0

/** Credentials of a form, valid but for what the test changes. */
async function assertion(
  { clock }: TestApp,
  clientId: string,
  key: ClientKey,
  change: JWTPayload = {},
  header: Partial<JWTHeaderParameters> = {},
) {
  const now = Math.floor(clock.now / 1000)
  const claims = { iss: clientId, sub: clientId, aud: ISSUER, exp: now + 60, iat: now, jti: `jti-${made++}`, ...change }
  const signed = await new SignJWT(claims).setProtectedHeader({ alg: key.jwk.alg!, kid: key.kid, ...header }).sign(key.privateKey)
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: signed }
}

/** Whether the client is let in: an unknown code is told only to a client that is known. */
async function attempt(app: TestApp, credentials: Record<string, string>): Promise<string> {
  const response = await post(app, '/token', { grant_type: 'refresh_token', refresh_token: 'unknown', ...credentials })
  return response.json<{ error: string }>().error
}

async function start(t: Test, alg = 'ES256') {
  const documents = await serveDocuments(t)
  const app = await createApp(t, {}, undefined, { safeFetch: documents })
  const key = await makeClientKey('own', alg)
  return { ...app, documents, key }
}

for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
  t.test(`a client that registers its ${alg} key by value goes the whole way without a secret`, async (t) => {
    const made = await start(t, alg)
    const registered = await register(made, { jwks: { keys: [made.key.jwk] }, token_endpoint_auth_signing_alg: alg })
    t.equal(registered.statusCode, 201)
    const { client_id: id, ...metadata } = registered.json<{ client_id: string }>()
    t.match(metadata, {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [made.key.jwk] },
    })
    t.notOk('client_secret' in metadata, 'there is no secret')
    t.notOk('client_secret_expires_at' in metadata)

    const url = `${ISSUER}/authorize?${new URLSearchParams({ client_id: id, response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256' }).toString()}`
    const away = await createPerson(ISSUER, injectFetch(made.app)).authorize(url)
    const code = { grant_type: 'authorization_code', code: away.searchParams.get('code')!, code_verifier: VERIFIER }
    t.match((await post(made, '/token', { ...code, client_id: id })).json(), { error: 'invalid_client' }, 'naming itself is not enough')
    const tokens = await post(made, '/token', { ...code, ...(await assertion(made, id, made.key)) })
    t.equal(tokens.statusCode, 200)
    const { access_token, refresh_token } = tokens.json<Record<string, string>>() as { access_token: string; refresh_token: string }
    const introspected = await post(made, '/introspect', { token: access_token, ...(await assertion(made, id, made.key)) })
    t.match(introspected.json(), { active: true, client_id: id }, 'a key makes a client confidential')
    const revoked = await post(made, '/revoke', {
      token: refresh_token,
      client_id: id,
      ...(await assertion(made, id, made.key, { aud: [`${ISSUER}/token`] })),
    })
    t.equal(revoked.statusCode, 200)
    t.match((await post(made, '/introspect', { token: access_token, ...(await assertion(made, id, made.key)) })).json(), { active: false })
  })
}

t.test('a client with a key needs no PKCE, as one with a secret does not', async (t) => {
  const made = await start(t)
  const { client_id: id } = (await register(made, { jwks: { keys: [made.key.jwk] } })).json<{ client_id: string }>()
  const response = await made.app.inject(`/authorize?${new URLSearchParams({ client_id: id, response_type: 'code' }).toString()}`)
  t.equal(response.statusCode, 200)
})

t.test('the metadata advertise private_key_jwt with its algorithms for token, revocation and introspection', async (t) => {
  const { app } = await createApp(t)
  const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, string[]>>()
  for (const endpoint of ['token', 'revocation', 'introspection']) {
    t.ok(metadata[`${endpoint}_endpoint_auth_methods_supported`]?.includes('private_key_jwt'), endpoint)
    t.same(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`], ['RS256', 'PS256', 'ES256', 'EdDSA'], endpoint)
  }
  t.notOk(metadata['introspection_endpoint_auth_methods_supported']?.includes('none'))
})

t.test('a registration with keys that cannot be used is refused, by name', async (t) => {
  const made = await start(t)
  const keys = { keys: [made.key.jwk] }
  const cases: readonly [metadata: object, description: RegExp][] = [
    [{}, /^private_key_jwt needs jwks or jwks_uri$/],
    [{ jwks: keys, jwks_uri: KEYS_URI }, /^jwks and jwks_uri must not both be given$/],
    [{ jwks: keys, jwks_uri: KEYS_URI, token_endpoint_auth_method: 'none' }, /^jwks and jwks_uri must not both be given$/],
    [{ jwks: { keys: [{ ...made.key.jwk, d: 'AA' }] } }, /^jwks must hold public keys only$/],
    [{ jwks: { keys: [{ kty: 'oct', k: 'AA' }] } }, /^jwks must hold public keys only$/],
    [{ jwks: { keys: [] } }, /^jwks holds no key/],
    [{ jwks: 'keys' }, /^jwks must be an object/],
    [{ jwks_uri: 'http://169.254.169.254/keys' }, /^jwks_uri must be an https URL$/],
    [{ jwks_uri: 7 }, /^jwks_uri has the wrong type$/],
    [
      { jwks: keys, token_endpoint_auth_signing_alg: 'HS256' },
      /^token_endpoint_auth_signing_alg must be one of RS256, PS256, ES256, EdDSA$/,
    ],
    [{ jwks: keys, token_endpoint_auth_signing_alg: 'none' }, /^token_endpoint_auth_signing_alg must be one of/],
  ]
  for (const [metadata, description] of cases) {
    const response = await register(made, metadata)
    t.equal(response.statusCode, 400, JSON.stringify(metadata))
    t.match(response.json(), { error: 'invalid_client_metadata', error_description: description })
  }
})

t.test('a client of another method may register keys, too; what it registered is told back', async (t) => {
  const made = await start(t)
  const response = await register(made, {
    token_endpoint_auth_method: 'client_secret_post',
    jwks_uri: KEYS_URI,
    token_endpoint_auth_signing_alg: 'HS256',
  })
  t.match(response.json(), { client_secret: String, jwks_uri: KEYS_URI, token_endpoint_auth_method: 'client_secret_post' })
  t.notOk('token_endpoint_auth_signing_alg' in response.json<object>(), 'what has no effect is dropped')
  const { client_id: id } = response.json<{ client_id: string }>()
  t.equal(await attempt(made, await assertion(made, id, made.key)), 'invalid_client', 'but its method stays what it is')
  t.same(made.documents.asked, [], 'a registration fetches nothing')
})

t.test('keys at a jwks_uri are fetched when they are needed, kept, and renewed for a new kid', async (t) => {
  const app = await start(t)
  const { documents, clock, key } = app
  documents.answers.set(KEYS_URI, json({ keys: [key.jwk] }))
  const { client_id: id } = (await register(app, { jwks_uri: KEYS_URI })).json<{ client_id: string }>()
  t.same(documents.asked, [])
  for (let n = 0; n < 3; n++) t.equal(await attempt(app, await assertion(app, id, key)), 'invalid_grant')
  t.equal(documents.asked.length, 1)

  const next = await makeClientKey('next', 'ES256')
  documents.answers.set(KEYS_URI, json({ keys: [key.jwk, next.jwk] }))
  t.equal(await attempt(app, await assertion(app, id, next)), 'invalid_client', 'they were fetched just now')
  t.equal(documents.asked.length, 1)
  clock.now += 30_000
  t.equal(await attempt(app, await assertion(app, id, next)), 'invalid_grant')
  t.equal(await attempt(app, await assertion(app, id, key)), 'invalid_grant', 'the earlier one still counts')
  t.equal(documents.asked.length, 2)
  const stranger = await makeClientKey('stranger', 'ES256')
  for (let n = 0; n < 3; n++) t.equal(await attempt(app, await assertion(app, id, stranger)), 'invalid_client')
  t.equal(documents.asked.length, 2, 'unknown keys make us fetch no more often')
})

t.test('keys without a kid rotate as well', async (t) => {
  const app = await start(t)
  const { documents, clock, key } = app
  const { kid: _kid, ...bare } = key.jwk
  documents.answers.set(KEYS_URI, json({ keys: [bare] }))
  const { client_id: id } = (await register(app, { jwks_uri: KEYS_URI })).json<{ client_id: string }>()
  const withoutKid = { kid: undefined } as never
  t.equal(await attempt(app, await assertion(app, id, key, {}, withoutKid)), 'invalid_grant')
  const next = await makeClientKey('next', 'ES256')
  const { kid: _next, ...bareNext } = next.jwk
  documents.answers.set(KEYS_URI, json({ keys: [bareNext] }))
  clock.now += 30_000
  t.equal(await attempt(app, await assertion(app, id, next, {}, withoutKid)), 'invalid_grant')
})

t.test('a client whose keys cannot be fetched is not let in; the wire does not say why', async (t) => {
  const app = await start(t)
  for (const uri of [KEYS_URI, 'https://localhost/keys.json']) {
    const { client_id: id } = (await register(app, { jwks_uri: uri })).json<{ client_id: string }>()
    const response = await post(app, '/token', { grant_type: 'refresh_token', refresh_token: 'a', ...(await assertion(app, id, app.key)) })
    t.equal(response.statusCode, 401)
    t.match(response.headers['www-authenticate'], 'error="invalid_client"')
    t.same(response.json(), { error: 'invalid_client', error_description: 'the client is unknown, or its authentication failed' })
  }
})

t.test('a key set that breaks while it is renewed lets nobody in', async (t) => {
  const app = await start(t)
  const { documents, clock, key } = app
  documents.answers.set(KEYS_URI, json({ keys: [key.jwk] }))
  const { client_id: id } = (await register(app, { jwks_uri: KEYS_URI })).json<{ client_id: string }>()
  t.equal(await attempt(app, await assertion(app, id, key)), 'invalid_grant')
  documents.answers.set(KEYS_URI, json({ keys: [{ kty: 'oct', k: 'AA' }] }))
  clock.now += 30_000
  const stranger = await makeClientKey('stranger', 'ES256')
  t.equal(await attempt(app, await assertion(app, id, stranger)), 'invalid_client')
})

t.test('a client without keys, made by hand, is not let in', async (t) => {
  const app = await start(t)
  await app.storage.clients.insert({
    id: 'client_bare',
    origin: 'operator',
    createdAt: app.clock.now,
    metadata: {
      redirectUris: [REDIRECT_URI],
      tokenEndpointAuthMethod: 'private_key_jwt',
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: [],
      display: {},
    },
  })
  t.equal(await attempt(app, await assertion(app, 'client_bare', app.key)), 'invalid_client')
})

t.test('a document client is fetched by the sub of its assertion, without a client_id in the form', async (t) => {
  const app = await start(t)
  const key = await makeClientKey('rsa')
  app.documents.publishKeys(key)
  t.equal(await attempt(app, await assertion(app, CHATGPT.client_id, key)), 'invalid_grant')
  t.equal(await attempt(app, await assertion(app, CHATGPT.client_id, key, {}, { alg: 'PS256' }).catch(() => ({}))), 'invalid_client')
  t.same(app.documents.asked, [CHATGPT.client_id, CHATGPT.jwks_uri])
})
