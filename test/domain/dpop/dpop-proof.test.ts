import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import t from 'tap'
import { DPOP_ALGS, STRICT_DPOP_ALGS, verifyProof } from '#src/domain/dpop/dpop-proof.ts'
import type { ProofDemand } from '#src/domain/dpop/dpop-proof.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import { NOW } from '#test/support/records.ts'

const URL = 'https://auth.example/base/token'
const TOKEN = 'an access token'
const SECONDS = NOW / 1000
const key = await createProofKey(() => NOW)
const other = await createProofKey(() => NOW)

const verify = (proof: string, demand: Partial<ProofDemand> = {}, now = NOW) =>
  verifyProof(proof, { method: 'POST', url: URL, ...demand }, now)

/** Signs what no good library would sign. */
function signByHand(header: object, claims: object, key: KeyObject): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

t.test('a proof identifies the key of its sender, with any of the algorithms', async (t) => {
  for (const alg of DPOP_ALGS) {
    const each = await createProofKey(() => NOW, alg)
    t.match(await verify(await each.prove('POST', URL)), { ok: true, value: { jkt: each.jkt } }, alg)
  }
  const described = { ...key.jwk, kid: 'a name', use: 'sig', alg: 'ES256' }
  t.match(
    await verify(await key.prove('POST', URL, {}, { jwk: described })),
    { ok: true, value: { jkt: key.jkt } },
    'whatever the key is called',
  )
})

t.test('a proof has its own replay id among those of its key, until it expires', async (t) => {
  const nameOf = async (by = key, claims: Record<string, unknown> = {}) => {
    const verified = await verify(await by.prove('POST', URL, { jti: 'once', ...claims }))
    if (!verified.ok) throw new Error(verified.error.description)
    return verified.value
  }
  const { replayId, expiresAt } = await nameOf()
  t.match(replayId, /^[\w-]{43}$/)
  t.equal((await nameOf(key, { iat: SECONDS + 1 })).replayId, replayId)
  t.not((await nameOf(key, { jti: 'twice' })).replayId, replayId)
  t.not((await nameOf(other)).replayId, replayId, 'one key cannot use up the ids of another')
  const proof = await key.prove('POST', URL)
  t.ok((await verify(proof, {}, expiresAt - 1)).ok)
  t.notOk((await verify(proof, {}, expiresAt)).ok, 'when its name may be forgotten, it is over')
})

t.test('a proof of another form, or signed with another key, is refused (T11)', async (t) => {
  const good = await key.prove('POST', URL)
  const [head = '', payload = '', signature = ''] = good.split('.')
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk }
  const ec = createPrivateKey({ key: key.privateJwk, format: 'jwk' })
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const claims = { htm: 'POST', htu: URL, iat: SECONDS, jti: 'x' }
  const symmetric = { kty: 'oct', k: Buffer.from('a secret that is long enough for HMAC').toString('base64url') }
  const forged: Record<string, string> = {
    nothing: '',
    'no JWT': 'x.y',
    'two of them': `${good}, ${good}`,
    'no signature': `${head}.${payload}.`,
    'signature of another': `${head}.${payload}.${(await other.prove('POST', URL)).split('.')[2]}`,
    'other claims': `${head}.${(await key.prove('GET', URL)).split('.')[1]}.${signature}`,
    'another key in the header': await other.prove('POST', URL, {}, { jwk: key.jwk }),
    'no key': await key.prove('POST', URL, {}, { jwk: undefined }),
    'a name instead of a key': await key.prove('POST', URL, {}, { jwk: key.jkt }),
    'a private key': await key.prove('POST', URL, {}, { jwk: key.privateJwk }),
    none: new UnsecuredJWT(claims).encode(),
    HS256: await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: symmetric })
      .sign(Buffer.from(symmetric.k, 'base64url')),
    ES384: await (await createProofKey(() => NOW, 'ES384')).prove('POST', URL),
    'a short RSA key': signByHand(
      { alg: 'RS256', typ: 'dpop+jwt', jwk: short.publicKey.export({ format: 'jwk' }) },
      claims,
      short.privateKey,
    ),
    'another type': await key.prove('POST', URL, {}, { typ: 'JWT' }),
    'no type': await key.prove('POST', URL, {}, { typ: undefined }),
    'a critical header': signByHand({ ...header, crit: ['b65'], b65: true }, claims, ec),
    'an end that has come': await key.prove('POST', URL, { exp: SECONDS - 1 }),
    'a time that is text': await key.prove('POST', URL, { iat: String(SECONDS) }),
  }
  t.ok((await verify(signByHand(header, claims, ec))).ok, 'what is signed by hand is good, but for what is wrong with it')
  for (const [about, proof] of Object.entries(forged))
    t.match(
      await verify(proof),
      { ok: false, error: { code: 'invalid_dpop_proof', description: /must be one JWT of the type dpop\+jwt/ } },
      about,
    )
})

t.test('T18: a proof with an RSA key that makes verifying as slow as signing is not verified', async (t) => {
  const { kty, n, e, d, p, q, qi } = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const claims = { htm: 'POST', htu: URL, iat: SECONDS, jti: 'x' }
  // The exponents are inverse: either may be the public one.
  const slow = createPrivateKey({ key: { kty: kty!, n: n!, e: d!, d: e!, p: p!, q: q!, dp: e!, dq: e!, qi: qi! }, format: 'jwk' })
  const proof = signByHand({ alg: 'RS256', typ: 'dpop+jwt', jwk: { kty, n, e: d } }, claims, slow)
  t.match(await verify(proof), { ok: false, error: { code: 'invalid_dpop_proof' } })
})

t.test('a proof is for one method and one URL, and for now', async (t) => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    ...[undefined, 'GET', 'post', 'POST ', ['POST']].map((htm): [Record<string, unknown>, RegExp] => [
      { htm },
      /^htm of the DPoP proof must be POST$/,
    ]),
    ...[
      undefined,
      7,
      '',
      '/base/token',
      `${URL}/`,
      'https://auth.example/base/userinfo',
      'http://auth.example/base/token',
      'https://evil.example/base/token',
      'https://auth.example:444/base/token',
      'https://user@auth.example/base/token',
    ].map((htu): [Record<string, unknown>, RegExp] => [{ htu }, /^htu of the DPoP proof must be https:\/\/auth\.example\/base\/token$/]),
    ...[undefined, SECONDS - 301, SECONDS + 301].map((iat): [Record<string, unknown>, RegExp] => [
      { iat },
      /^iat of the DPoP proof is more than 5 minutes from now$/,
    ]),
    ...[undefined, 7, null].map((jti): [Record<string, unknown>, RegExp] => [{ jti }, /^the DPoP proof has no jti$/]),
  ]
  for (const [claims, description] of wrong) {
    t.match(
      await verify(await key.prove('POST', URL, claims)),
      { ok: false, error: { code: 'invalid_dpop_proof', description } },
      JSON.stringify(claims),
    )
  }
  for (const claims of [{ htu: 'HTTPS://Auth.Example:443/base/./%74oken?x=y#z' }, { iat: SECONDS - 300 }, { iat: SECONDS + 300 }]) {
    t.ok((await verify(await key.prove('POST', URL, claims))).ok, JSON.stringify(claims))
  }
  t.ok((await verify(await key.prove('POST', URL), { url: `${URL}?a=b` })).ok, 'a query of the request does not count')
  t.notOk((await verify(await key.prove('POST', 'nonsense'), { url: 'nonsense' })).ok, 'what is no address is not the same as nothing')
})

t.test('a proof at a resource is for one access token', async (t) => {
  const atResource = async (claims: Record<string, unknown>) => verify(await key.prove('POST', URL, claims), { accessToken: TOKEN })
  t.ok((await atResource(ath(TOKEN))).ok)
  for (const claims of [{}, ath('another'), { ath: TOKEN }]) {
    t.match(
      await atResource(claims),
      { ok: false, error: { code: 'invalid_dpop_proof', description: 'ath of the DPoP proof is not the hash of the access token' } },
      JSON.stringify(claims),
    )
  }
})

t.test('if nonces are required, only a proof with one is valid', async (t) => {
  const withNonce = async (nonce: unknown, demanded = true) =>
    verify(await key.prove('POST', URL, { nonce }), demanded ? { isNonce: (given) => given === 'good' } : {})
  t.ok((await withNonce('good')).ok)
  for (const nonce of [undefined, 'bad', 7])
    t.match(await withNonce(nonce), { ok: false, error: { code: 'use_dpop_nonce' } }, String(nonce))
  t.ok((await withNonce('whatever', false)).ok, 'a nonce that nobody gave out is nothing')
})

t.test('a strict proof is not signed with RS256, and at most a minute ahead', async (t) => {
  const isStrict = true
  for (const alg of STRICT_DPOP_ALGS)
    t.ok((await verify(await (await createProofKey(() => NOW, alg)).prove('POST', URL), { isStrict })).ok, alg)
  const rsa = await (await createProofKey(() => NOW, 'RS256')).prove('POST', URL)
  t.ok((await verify(rsa)).ok)
  t.match(await verify(rsa, { isStrict }), {
    ok: false,
    error: { code: 'invalid_dpop_proof', description: /signed with ES256, Ed25519, EdDSA, PS256 by the public key/ },
  })
  const madeAt = async (iat: number) => verify(await key.prove('POST', URL, { iat }), { isStrict })
  for (const iat of [SECONDS - 300, SECONDS, SECONDS + 60]) t.ok((await madeAt(iat)).ok, String(iat - SECONDS))
  t.match(await madeAt(SECONDS + 61), { ok: false, error: { description: 'iat of the DPoP proof is more than 60 seconds ahead' } })
  t.ok((await verify(await key.prove('POST', URL, { iat: SECONDS + 61 }))).ok, 'no other has to')
})
