import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { ISSUER } from '#test/support/app.ts'
import { basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { makeResource } from '#test/storage/conformance/records.ts'

const SIGNED = 'application/token-introspection+jwt'
const api = await createApi(t)
const client = await api.register()
const resource = makeResource({ secretHash: sha256('its secret'), identifier: 'https://mcp.example.com/mcp' })
await api.storage.resources.insert(resource)

const ask = (token: string, by: TestClient = client, accept = SIGNED) => api.post('/introspect', { token, ...credentials(by) }, { accept })
const askAsResource = (token: string, id = resource.id) =>
  api.post('/introspect', { token }, { accept: SIGNED, ...basic(id, 'its secret') })
async function verify(jwt: string, audience: string, alg: string) {
  const keys = createLocalJWKSet((await api.app.inject('/jwks')).json<JSONWebKeySet>())
  const options = { issuer: ISSUER, audience, typ: 'token-introspection+jwt', algorithms: [alg] }
  return (await jwtVerify(jwt, keys, options)).payload
}

//= https://www.rfc-editor.org/rfc/rfc9701#section-4
//# A resource asks for a signed response by accepting application/token-introspection+jwt.
//= https://www.rfc-editor.org/rfc/rfc9701#section-5
//# The JWT has the type token-introspection+jwt, and the claims iss, aud, iat and token_introspection, which holds what RFC 7662 would.
t.test('a resource that accepts it gets the answer signed for itself, and with nothing more in it', async (t) => {
  const { access_token } = await api.tokens(client, { resources: [resource.identifier] })
  const response = await askAsResource(access_token)
  t.equal(response.statusCode, 200)
  t.match(response.headers, { 'content-type': SIGNED, 'cache-control': 'no-store' })
  const claims = await verify(response.body, resource.identifier, 'ES256')
  t.strictSame(Object.keys(claims).sort(), ['aud', 'iat', 'iss', 'token_introspection'], 'no exp and no sub: it is no other JWT')
  const plain = await api.post('/introspect', { token: access_token }, basic(resource.id, 'its secret'))
  t.same(claims['token_introspection'], plain.json(), 'the same as without a signature')
  t.match(claims['token_introspection'], { active: true, aud: resource.identifier })
})

t.test('a client gets it as it registered, RS256 else', async (t) => {
  const { access_token } = await api.tokens(client)
  t.match(await verify((await ask(access_token)).body, client.client_id, 'RS256'), { token_introspection: { active: true } })
  for (const alg of ['ES256', 'PS256', 'EdDSA']) {
    const own = await api.register({ introspection_signed_response_alg: alg })
    t.match(own, { introspection_signed_response_alg: alg })
    const { refresh_token = '' } = await api.tokens(own)
    t.match(await verify((await ask(refresh_token, own)).body, own.client_id, alg), { token_introspection: { active: true } }, alg)
  }
  const rs256 = makeResource({ secretHash: sha256('its secret'), identifier: 'https://rs256.example/mcp', accessTokenAlg: 'RS256' })
  await api.storage.resources.insert(rs256)
  const token = (await api.tokens(client, { resources: [rs256.identifier] })).access_token
  t.match(await verify((await askAsResource(token, rs256.id)).body, rs256.identifier, 'RS256'), { token_introspection: { active: true } })
})

//= https://www.rfc-editor.org/rfc/rfc9701#section-5
//# A token that is not active, or not for the caller, is answered with active false and nothing else.
t.test('of what is no token for the caller, the signed answer says as little as the plain one', async (t) => {
  const other = await api.register()
  const { access_token } = await api.tokens(client)
  for (const token of ['unknown', access_token])
    t.strictSame((await verify((await ask(token, other)).body, other.client_id, 'RS256'))['token_introspection'], { active: false })
})

//= https://www.rfc-editor.org/rfc/rfc9701#section-5
//# The server refuses a caller that does not authenticate.
t.test('nobody gets a signed answer without authentication, and errors stay JSON', async (t) => {
  isOAuthError(t, await api.post('/introspect', { token: 'x' }, { accept: SIGNED }), 401, 'invalid_client')
  isOAuthError(t, await api.post('/introspect', credentials(client), { accept: SIGNED }), 400, 'invalid_request')
})

t.test('who does not ask for it gets JSON, as ever', async (t) => {
  for (const accept of ['application/json', '*/*', 'application/jwt'])
    t.match((await ask('unknown', client, accept)).headers['content-type'], /^application\/json/, accept)
})

//= https://www.rfc-editor.org/rfc/rfc9701#section-7
//# The server announces the algorithms in introspection_signing_alg_values_supported.
t.test('the metadata names the algorithms, and no encryption', async (t) => {
  const document = (await api.app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
  t.strictSame(document['introspection_signing_alg_values_supported'], ['RS256', 'ES256', 'PS256', 'EdDSA'])
  t.notOk('introspection_encryption_alg_values_supported' in document)
  await t.rejects(
    api.register({ introspection_encrypted_response_alg: 'RSA-OAEP' }),
    /introspection_encrypted_response_alg is not supported/,
  )
})
