import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWTHeaderParameters } from 'jose'
import t from 'tap'
import { ASSERTION_ALGS } from '#src/domain/client/client-keys.ts'
import type { AssertionAlg, PublicJwk } from '#src/domain/client/client-keys.ts'
import { verifyForeignSignature } from '#src/crypto/foreign-signature.ts'

const CLAIMS = { iss: 'client', sub: 'client' }

async function makeKey(alg: string, members: Partial<PublicJwk> = {}): Promise<{ privateKey: CryptoKey; jwk: PublicJwk }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...((await exportJWK(publicKey)) as PublicJwk), ...members } }
}

const sign = (key: CryptoKey, header: JWTHeaderParameters) => new SignJWT(CLAIMS).setProtectedHeader(header).sign(key)

for (const alg of ASSERTION_ALGS) {
  t.test(`an assertion signed by ${alg} is verified by the client's key, and by no other`, async (t) => {
    const own = await makeKey(alg, { kid: 'own' })
    const assertion = await sign(own.privateKey, { alg, kid: 'own' })
    t.match(await verifyForeignSignature(assertion, { keys: [own.jwk] }, ASSERTION_ALGS), { ok: true })
    t.match(await verifyForeignSignature(assertion, { keys: [own.jwk] }, [alg]), { ok: true })
    t.match(await verifyForeignSignature(`${assertion.slice(0, -8)}AAAAAAAA`, { keys: [own.jwk] }, [alg]), {
      ok: false,
      error: { kind: 'unknown-key' },
    })
    const { jwk: foreign } = await makeKey(alg, { kid: 'own' })
    t.match(await verifyForeignSignature(assertion, { keys: [foreign] }, [alg]), { ok: false, error: { kind: 'unknown-key' } })
    const renamed = { ...own.jwk, kid: 'renamed' }
    t.match(
      await verifyForeignSignature(assertion, { keys: [renamed] }, [alg]),
      { ok: false, error: { kind: 'unknown-key' } },
      'the kid has to fit',
    )
  })
}

t.test('T10: only the algorithm that the client registered counts', async (t) => {
  const { privateKey, jwk } = await makeKey('RS256')
  const assertion = await sign(privateKey, { alg: 'RS256' })
  for (const alg of ['PS256', 'ES256', 'EdDSA'] satisfies AssertionAlg[]) {
    t.match(await verifyForeignSignature(assertion, { keys: [jwk] }, [alg]), { ok: false, error: { kind: 'malformed' } }, alg)
  }
})

t.test('T10, T11: none, a secret made of the public key, and algorithms that nobody advertises are refused', async (t) => {
  const { jwk } = await makeKey('RS256')
  const payload = Buffer.from(JSON.stringify(CLAIMS)).toString('base64url')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  t.match(await verifyForeignSignature(none, { keys: [jwk] }, ASSERTION_ALGS), { ok: false, error: { kind: 'malformed' } })
  for (const secret of [JSON.stringify(jwk), jwk.n!]) {
    const confused = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))
    t.match(await verifyForeignSignature(confused, { keys: [jwk] }, ASSERTION_ALGS), { ok: false, error: { kind: 'malformed' } })
  }
  for (const alg of ['RS512', 'PS384', 'ES384']) {
    const other = await makeKey(alg)
    t.match(
      await verifyForeignSignature(await sign(other.privateKey, { alg }), { keys: [other.jwk] }, ASSERTION_ALGS),
      { ok: false, error: { kind: 'malformed' } },
      alg,
    )
  }
})

t.test('T10: a key that the assertion brings along, or points to, is ignored', async (t) => {
  const { jwk } = await makeKey('ES256')
  const attacker = await makeKey('ES256')
  for (const header of [
    { jwk: attacker.jwk },
    { jku: 'https://attacker.example/keys' },
    { x5u: 'https://attacker.example/cert' },
    { x5c: ['AA=='] },
  ]) {
    const assertion = await sign(attacker.privateKey, { alg: 'ES256', ...header } as JWTHeaderParameters)
    t.match(
      await verifyForeignSignature(assertion, { keys: [jwk] }, ASSERTION_ALGS),
      { ok: false, error: { kind: 'unknown-key' } },
      JSON.stringify(header),
    )
  }
})

t.test('T10: a critical header is refused, even one that libraries know', async (t) => {
  const { privateKey, jwk } = await makeKey('ES256')
  const assertion = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', crit: ['b64'], b64: true }).sign(privateKey)
  t.match(await verifyForeignSignature(assertion, { keys: [jwk] }, ASSERTION_ALGS), {
    ok: false,
    error: { kind: 'malformed', reason: 'the JWT has a crit header' },
  })
})

t.test('without a kid every key that fits is tried', async (t) => {
  const keys = await Promise.all(['RS256', 'RS256', 'ES256'].map((alg) => makeKey(alg)))
  const [first, second, third] = keys.map(({ jwk }) => jwk) as [PublicJwk, PublicJwk, PublicJwk]
  const broken = { ...first, n: 'AQAB' }
  const assertion = await sign(keys[1]!.privateKey, { alg: 'RS256' })
  t.match(await verifyForeignSignature(assertion, { keys: [broken, first, second, third] }, ASSERTION_ALGS), { ok: true })
  t.match(await verifyForeignSignature(assertion, { keys: [broken, first, third] }, ASSERTION_ALGS), {
    ok: false,
    error: { kind: 'unknown-key' },
  })
})

t.test('a key for encryption, for another algorithm, or too short, does not count', async (t) => {
  const { privateKey, jwk } = await makeKey('RS256')
  const assertion = await sign(privateKey, { alg: 'RS256' })
  for (const change of [{ use: 'enc' }, { alg: 'PS256' }, { key_ops: ['encrypt'] }] satisfies Partial<PublicJwk>[]) {
    t.match(
      await verifyForeignSignature(assertion, { keys: [{ ...jwk, ...change }] }, ASSERTION_ALGS),
      { ok: false, error: { kind: 'unknown-key' } },
      JSON.stringify(change),
    )
  }
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }) as PublicJwk
  t.match(await verifyForeignSignature(assertion, { keys: [short] }, ASSERTION_ALGS), { ok: false, error: { kind: 'malformed' } })
})

t.test('what is not a signed token is malformed', async (t) => {
  const { jwk } = await makeKey('ES256')
  for (const raw of ['', 'a', 'a.b', 'a.b.c', 'e30.e30.', 'e30.e30.e30.e30', `${'e30.'.repeat(4)}e30`]) {
    t.match(await verifyForeignSignature(raw, { keys: [jwk] }, ASSERTION_ALGS), { ok: false, error: { kind: 'malformed' } }, raw)
  }
})

t.test('an Ed25519 signature counts by either name of its algorithm, whatever the key is called', async (t) => {
  for (const [header, named] of [
    ['EdDSA', undefined],
    ['Ed25519', undefined],
    ['Ed25519', 'EdDSA'],
    ['EdDSA', 'Ed25519'],
  ] as const) {
    const { privateKey, jwk } = await makeKey('Ed25519', { kid: 'own', ...(named !== undefined && { alg: named }) })
    const assertion = await sign(privateKey, { alg: header, kid: 'own' })
    t.match(await verifyForeignSignature(assertion, { keys: [jwk] }, ['EdDSA']), { ok: true }, `${header}, ${named}`)
    t.match(await verifyForeignSignature(assertion, { keys: [jwk] }, ['ES256']), { ok: false, error: { kind: 'malformed' } })
    const { jwk: foreign } = await makeKey('Ed25519', { kid: 'own' })
    t.match(await verifyForeignSignature(assertion, { keys: [foreign] }, ['EdDSA']), { ok: false, error: { kind: 'unknown-key' } })
  }
})
