/** FAPI 2.0 Security Profile and Message Signing: what a client that an operator holds to them can do, and what it can't. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import { ISSUER } from '#test/support/app.ts'
import { isOAuthError } from '#test/support/api.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { CALLBACK, VERIFIER } from '#test/support/conversation.ts'
import type { Tokens } from '#test/support/conversation.ts'
import { createProofKey } from '#test/support/clients/dpop.ts'
import { REQUEST, createFapi } from '#test/support/clients/fapi.ts'
import { unsigned } from '#test/support/clients/pushed.ts'

const fapi = await createFapi(t)
const { add, addressOf, arrive, assert, clock, code, exchange, id, key, person, post, prove, push, refresh, requestObject, tokens } = fapi
const seconds = () => Math.floor(clock.now / 1000)
const rsa = await makeClientKey('rsa', 'RS256')
const pss = await makeClientKey('pss', 'PS256')

t.test('a client that does all that it has to gets tokens of its key, for its key, with a strict algorithm', async (t) => {
  const answer = await arrive()
  t.match(Object.fromEntries(answer.searchParams), { code: /./, state: 'xyz', iss: ISSUER })
  const issued = (await exchange(answer.searchParams.get('code')!)).json<Tokens>()
  t.match(issued, { token_type: 'DPoP', refresh_token: /./ })
  t.match(decodeJwt(issued.access_token), { cnf: { jkt: fapi.proofKey.jkt } })
  t.equal(decodeProtectedHeader(issued.id_token).alg, 'ES256')
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2
//# The server rejects authorization requests that did not come through PAR.
t.test('without a pushed request, there is no authorization', async (t) => {
  const url = new URL(`${ISSUER}/authorize`)
  for (const parameters of [REQUEST, { ...REQUEST, request: await requestObject() }]) {
    url.search = new URLSearchParams({ client_id: id, ...parameters }).toString()
    t.match(Object.fromEntries((await person.authorize(url)).searchParams), { error: 'invalid_request', error_description: /push/ })
  }
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2
//# The server rejects pushed requests without client authentication, and requires redirect_uri in them.
t.test('a request is pushed by a client that authenticates, and says where the answer goes', async (t) => {
  isOAuthError(t, await push({}, { assertion: undefined }), 401, 'invalid_client')
  isOAuthError(t, await push({ redirect_uri: undefined, scope: 'email' }), 400, 'invalid_request', 'redirect_uri is required')
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.2
//# The server requires PKCE with S256 as the code challenge method.
t.test('a request without PKCE, or with plain, is refused', async (t) => {
  isOAuthError(
    t,
    await push({ code_challenge: undefined, code_challenge_method: undefined }),
    400,
    'invalid_request',
    /code_challenge is required/,
  )
  for (const code_challenge_method of ['plain', undefined])
    isOAuthError(t, await push({ code_challenge: VERIFIER, code_challenge_method }), 400, 'invalid_request', /must be S256$/)
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1
//# The server only issues sender-constrained access tokens, by mutual TLS or DPoP.
t.test('without a proof of a key there is no token, not even by refreshing', async (t) => {
  isOAuthError(t, await exchange(await code(), { proof: undefined }), 400, 'invalid_dpop_proof', 'a DPoP proof is required of this client')
  const { refresh_token } = await tokens()
  isOAuthError(t, await refresh(refresh_token, { proof: undefined }), 400, 'invalid_dpop_proof')
  t.equal((await refresh(refresh_token)).statusCode, 200, 'nothing is spoiled by that')
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1
//# The server authenticates clients by mutual TLS or private_key_jwt, and supports confidential clients only.
t.test('a client that is public, has a secret or comes back elsewhere than by https is not added', async (t) => {
  for (const [changes, message] of [
    [{ token_endpoint_auth_method: 'none' }, /token_endpoint_auth_method must be private_key_jwt for a client that is held/],
    [{ token_endpoint_auth_method: 'client_secret_basic' }, /must be private_key_jwt/],
    [{ redirect_uris: ['http://localhost/cb'] }, /redirect_uris must be https/],
    [{ redirect_uris: [CALLBACK, 'app:/cb'] }, /redirect_uris must be https/],
    [{ id_token_signed_response_alg: 'RS256' }, /id_token_signed_response_alg must be PS256, ES256, EdDSA or absent/],
  ] as const)
    await t.rejects(add(changes), { message })
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1
//# In client assertions, the server accepts as aud only its issuer identifier, as a string.
t.test('an assertion for an endpoint, or in an array, lets nobody in', async (t) => {
  for (const aud of [[ISSUER], `${ISSUER}/token`, `${ISSUER}/par`, [`${ISSUER}/token`], [ISSUER, `${ISSUER}/token`]]) {
    isOAuthError(t, await push({}, { assertion: await assert({ aud }) }), 401, 'invalid_client', undefined, JSON.stringify(aud))
    isOAuthError(t, await refresh('x', { assertion: await assert({ aud }) }), 401, 'invalid_client', undefined, JSON.stringify(aud))
  }
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.4.1
//# JWTs are signed with PS256, ES256 or EdDSA, and none is neither used nor accepted.
t.test('an assertion, a request object or a proof with RS256 counts for nothing, with PS256 it does', async (t) => {
  const client = await add({ jwks: { keys: [{ ...rsa.jwk, alg: undefined }, pss.jwk, key.jwk] } })
  const own = { iss: client, sub: client }
  const by = async (signer: typeof rsa, form: Record<string, string> = REQUEST) =>
    post('/par', { ...form, client_id: client }, { assertion: await assert(own, {}, signer) })
  isOAuthError(t, await by(rsa), 401, 'invalid_client')
  t.equal((await by(pss)).statusCode, 201)
  const object = (signer: typeof rsa) => requestObject({ iss: client, client_id: client }, {}, signer)
  isOAuthError(t, await by(key, { request: await object(rsa) }), 400, 'invalid_request_object')
  t.equal((await by(key, { request: await object(pss) })).statusCode, 201)

  const weak = await createProofKey(() => clock.now, 'RS256')
  const strong = await createProofKey(() => clock.now, 'PS256')
  isOAuthError(t, await push({}, { proof: await prove('/par', weak) }), 400, 'invalid_dpop_proof')
  const { refresh_token } = await tokens()
  isOAuthError(t, await refresh(refresh_token, { proof: await prove('/token', weak) }), 400, 'invalid_dpop_proof')
  t.equal((await refresh(refresh_token, { proof: await prove('/token', strong) })).statusCode, 200)
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1
//# The server accepts JWTs whose iat or nbf is up to 10 seconds in the future, and rejects those more than 60 seconds ahead.
t.test('a JWT of a clock that is a little ahead counts, one from a minute ahead does not', async (t) => {
  const late = { iat: seconds() + 61, nbf: seconds() + 61 }
  const soon = { iat: seconds() + 10, nbf: seconds() + 10 }
  isOAuthError(t, await push({}, { assertion: await assert(late) }), 401, 'invalid_client')
  t.equal((await push({}, { assertion: await assert(soon) })).statusCode, 201)
  isOAuthError(
    t,
    await push({}, { proof: await prove('/par', fapi.proofKey, { iat: seconds() + 61 }) }),
    400,
    'invalid_dpop_proof',
    /ahead/,
  )
  t.equal((await push({}, { proof: await prove('/par', fapi.proofKey, { iat: seconds() + 10 }) })).statusCode, 201)
  isOAuthError(t, await post('/par', { request: await requestObject(late) }), 400, 'invalid_request_object')
  t.equal((await post('/par', { request: await requestObject(soon) })).statusCode, 201)
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1
//# The server does not rotate refresh tokens, extraordinary circumstances aside.
t.test('a refresh token stays the same, for as long as it is used', async (t) => {
  const { refresh_token } = await tokens()
  for (let month = 0; month < 3; month++) {
    const refreshed = await refresh(refresh_token)
    t.match(refreshed.json(), { refresh_token, access_token: /./, token_type: 'DPoP' })
    clock.now += 29 * 86_400_000
  }
  clock.now += 2 * 86_400_000
  isOAuthError(t, await refresh(refresh_token), 400, 'invalid_grant', /expired/)
})

t.test('a client that disconnects ends the refresh token', async (t) => {
  const { refresh_token } = await tokens()
  t.equal((await post('/revoke', { token: refresh_token })).statusCode, 200)
  isOAuthError(t, await refresh(refresh_token), 400, 'invalid_grant')
})

//= https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.2.1
//# The server issues authorization codes that live for 60 seconds at most, and are used once.
t.test('a code lives for a minute, though CODE_TTL is longer, and counts once', async (t) => {
  const slow = await createFapi(t, { env: { CODE_TTL: '10m' } })
  const [late, prompt] = [await slow.code(), await slow.code()]
  slow.clock.now += 59_000
  t.equal((await slow.exchange(prompt)).statusCode, 200)
  isOAuthError(t, await slow.exchange(prompt), 400, 'invalid_grant')
  slow.clock.now += 1_000
  isOAuthError(t, await slow.exchange(late), 400, 'invalid_grant', /expired/)
})

//= https://openid.net/specs/fapi-message-signing-2_0-final.html#section-5.3.1
//# Request objects name the issuer as aud, have an nbf of the last 60 minutes, and an exp of at most 60 minutes after it.
t.test('a signed request says for whom and when it is', async (t) => {
  t.equal((await post('/par', { request: await requestObject() })).statusCode, 201)
  for (const [changes, description] of [
    [{ aud: undefined }, /has no aud/],
    [{ nbf: undefined }, /has no nbf/],
    [{ nbf: seconds() - 3601, exp: seconds() + 60 }, /has no nbf, or one of more than an hour ago/],
    [{ exp: undefined }, /has no exp/],
    [{ exp: seconds() + 3700 }, /has no exp, or one of more than an hour after/],
  ] as const)
    isOAuthError(t, await post('/par', { request: await requestObject(changes) }), 400, 'invalid_request_object', description)
})

t.test('T11: an unsigned request object counts for nothing, though the client registered no algorithm', async (t) => {
  const claims = { iss: id, aud: ISSUER, client_id: id, nbf: seconds(), exp: seconds() + 300, ...REQUEST }
  isOAuthError(t, await post('/par', { request: unsigned(claims) }), 400, 'invalid_request_object')
})

t.test('a client that nobody holds to the profile is as free as before, on the same server', async (t) => {
  const free = await add({}, 'none')
  const own = { iss: free, sub: free }
  const pushed = await post(
    '/par',
    { ...REQUEST, client_id: free },
    { assertion: await assert({ ...own, aud: [`${ISSUER}/token`] }), proof: undefined },
  )
  t.equal(pushed.statusCode, 201)
  const answer = await person.authorize(addressOf(pushed.json<{ request_uri: string }>().request_uri, free))
  const first = await exchange(answer.searchParams.get('code')!, { assertion: await assert(own), proof: undefined }, { client_id: free })
  t.match(first.json(), { token_type: 'Bearer' })
  const { refresh_token, id_token } = first.json<Tokens>()
  t.equal(decodeProtectedHeader(id_token).alg, 'RS256')
  const refreshed = await post(
    '/token',
    { grant_type: 'refresh_token', refresh_token, client_id: free },
    { assertion: await assert(own), proof: undefined },
  )
  t.not(refreshed.json<Tokens>().refresh_token, refresh_token, 'its refresh tokens rotate')
})
