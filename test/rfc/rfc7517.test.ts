import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'

const { app, register, tokens } = await createConversation(t, { metadata: { id_token_signed_response_alg: 'PS256' } })
const issued = await tokens()
const published = async () => (await app.inject('/jwks')).json<JSONWebKeySet>()

//= https://www.rfc-editor.org/rfc/rfc7517#section-5
//# The JSON object MUST have a "keys" member, with its value being an array of JWKs.
//= https://www.rfc-editor.org/rfc/rfc7517#section-4.1
//# This member MUST be present in a JWK.
t.test('a verifier finds the key of each token in the set', async (t) => {
  const jwks = await published()
  for (const key of jwks.keys) t.match(key, { kty: /^(EC|RSA|OKP)$/, use: 'sig', kid: /./, alg: /./ })
  for (const token of [issued.access_token, issued.id_token]) t.ok(await jwtVerify(token, createLocalJWKSet(jwks)))
})

//= https://www.rfc-editor.org/rfc/rfc7517#section-4.5
//# When "kid" values are used within a JWK Set, different keys within the JWK Set SHOULD use distinct "kid" values.
t.test('no two keys of the set share a name', async (t) => {
  const kids = (await published()).keys.map(({ kid }) => kid)
  t.ok(kids.length > 1)
  t.equal(new Set(kids).size, kids.length)
})

//= https://www.rfc-editor.org/rfc/rfc7517#section-9.2
//# Private and symmetric keys MUST be protected from disclosure to unintended parties.
t.test('no private member is in the set, nor taken from a client that sends one', async (t) => {
  for (const key of (await published()).keys) for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) t.notOk(member in key, member)
  const { jwk } = await makeClientKey('own', 'ES256')
  const response = await register({
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...jwk, d: 'x' }] },
  })
  t.match(response.json(), { error: 'invalid_client_metadata', error_description: /public keys only/ })
})

//= https://www.rfc-editor.org/rfc/rfc7517#section-5
//# Implementations SHOULD ignore JWKs within a JWK Set that use "kty" (key type) values that are not understood by them, that are missing required members, or for which values are out of the supported ranges.
t.test('a client may have keys of a type that we do not know, beside one that we do', async (t) => {
  const { jwk } = await makeClientKey('own', 'ES256')
  const ask = (keys: object[]) => register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } })
  t.match((await ask([{ kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }, jwk])).json(), { jwks: { keys: [{ kid: 'own' }] } })
  t.match((await ask([{ kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }])).json(), { error: 'invalid_client_metadata' }, 'alone they are none')
})
