import type { KeyObject } from 'node:crypto'
import { SignJWT, createLocalJWKSet, decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify } from 'jose'
import type { CryptoKey, JSONWebKeySet, JWTHeaderParameters } from 'jose'
import t from 'tap'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { ISSUER, SECRET } from '#test/support/app.ts'
import { createConversation } from '#test/support/conversation.ts'

const { app, authorize, clock, storage, tokens, userinfo } = await createConversation(t)
const issued = await tokens()
const header = decodeProtectedHeader(issued.access_token)
const claims = decodeJwt(issued.access_token)
const ours = await loadKeyset(storage.keys, SECRET, clock.now)
const sign = (key: CryptoKey | KeyObject, changes: object) =>
  new SignJWT(claims).setProtectedHeader({ ...header, ...changes } as JWTHeaderParameters).sign(key)

//= https://www.rfc-editor.org/rfc/rfc8725#section-3.1
//# The library MUST ensure that the "alg" or "enc" header specifies the same algorithm that is used for the cryptographic operation. Moreover, each key MUST be used with exactly one algorithm, and this MUST be checked when the cryptographic operation is performed.
t.test('a key signs by one algorithm, which the header cannot change', async (t) => {
  for (const key of (await app.inject('/jwks')).json<JSONWebKeySet>().keys) t.match(key.alg, /^(ES256|RS256)$/)
  const { privateKey } = await ours.signingKey('RS256')
  t.equal((await userinfo(await sign(privateKey, { alg: 'RS256' }))).statusCode, 401, 'the kid is of another algorithm')
  const [, payload, signature] = issued.access_token.split('.')
  for (const alg of ['none', 'HS256', 'ES384', 'RS256', 'es256']) {
    const changed = Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')
    t.equal((await userinfo(`${changed}.${payload}.${signature}`)).statusCode, 401, alg)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8725#section-3.2
//# Therefore, applications MUST only allow the use of cryptographically current algorithms that meet the security requirements of the application.
t.test('a client gets no token that is not signed, or by a shared secret, whatever it registers', async (t) => {
  for (const id_token_signed_response_alg of ['none', 'HS256', 'RS1', 'ES256K']) {
    const made = await createConversation(t, { metadata: { id_token_signed_response_alg } })
    t.equal(decodeProtectedHeader((await made.tokens()).id_token).alg, 'RS256', id_token_signed_response_alg)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8725#section-3.3
//# All cryptographic operations used in the JWT MUST be validated and the entire JWT MUST be rejected if any of them fail to validate.
//= https://www.rfc-editor.org/rfc/rfc8725#section-3.8
//# When a JWT contains an "iss" (issuer) claim, the application MUST validate that the cryptographic keys used for the cryptographic operations in the JWT belong to the issuer.
t.test('a token that says it is ours is not, unless a key of ours signed it', async (t) => {
  const stranger = await generateKeyPair('ES256')
  t.equal((await userinfo(await sign(stranger.privateKey, {}))).statusCode, 401)
  const { privateKey } = await ours.signingKey('ES256')
  t.equal((await userinfo(await sign(privateKey, {}))).statusCode, 200, 'the very same claims, signed by us')
})

//= https://www.rfc-editor.org/rfc/rfc8725#section-3.9
//# If the same issuer can issue JWTs that are intended for use by more than one relying party or application, the JWT MUST contain an "aud" (audience) claim that can be used to determine whether the JWT is being used by an intended party or was substituted by an attacker at an unintended party.
t.test('every token says whom it is for', async (t) => {
  t.equal(claims.aud, ISSUER)
  t.equal(decodeJwt((await tokens({ resource: 'https://mcp.example/mcp' })).access_token).aud, 'https://mcp.example/mcp')
  t.equal(decodeJwt(issued.id_token).aud, claims['client_id'])
})

//= https://www.rfc-editor.org/rfc/rfc8725#section-3.10
//# Similarly, blindly following a "jku" (JWK set URL) or "x5u" (X.509 URL) header, which may contain an arbitrary URL, could result in server-side request forgery (SSRF) attacks.
t.test('a key that a token brings along, or points to, is not looked at', async (t) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await crypto.subtle.exportKey('jwk', publicKey)
  for (const brought of [{ jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/cert' }])
    t.equal((await userinfo(await sign(privateKey, brought))).statusCode, 401, JSON.stringify(brought))
})

//= https://www.rfc-editor.org/rfc/rfc8725#section-3.11
//# Explicit typing is RECOMMENDED for new uses of JWTs.
//= https://www.rfc-editor.org/rfc/rfc8725#section-3.12
//# If more than one kind of JWT can be issued by the same issuer, the validation rules for those JWTs MUST be written such that they are mutually exclusive, rejecting JWTs of the wrong kind.
t.test('no kind of token passes for another', async (t) => {
  t.equal(header.typ, 'at+jwt')
  t.equal((await userinfo(issued.id_token)).statusCode, 401, 'an id_token is no access token')
  t.match(await authorize({ id_token_hint: issued.access_token }), { error: 'invalid_request' }, 'nor the other way round')
  await t.rejects(
    jwtVerify(issued.id_token, createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>()), { typ: 'at+jwt' }),
    'by the rule of RFC 9068 neither at a resource',
  )
})
