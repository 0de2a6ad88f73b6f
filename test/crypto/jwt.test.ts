import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { SignJWT, UnsecuredJWT, decodeProtectedHeader, exportJWK, exportSPKI, importJWK, jwtVerify } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { ID_TOKEN_ALGS } from '#src/domain/client/client-metadata.ts'
import { FOLLOW_MS } from '#src/domain/key/key-schedule.ts'
import { createJwt } from '#src/crypto/jwt.ts'
import { ISSUER, NOW, claims, createCountingNode, iat, openKeyset } from './signing-node.ts'

const { keyset } = await openKeyset(t)
const jwt = createJwt(keyset, ISSUER, 'ES256')
const es256 = await keyset.signingKey('ES256')

/** A token signed with our own key, except for what the test changes. */
const forge = (header: Partial<JWTHeaderParameters> = {}, payload: object = {}, key = es256.privateKey) =>
  new SignJWT({ ...claims, ...payload }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: es256.kid, ...header }).sign(key)

/** The token isn't verified, neither now nor from the cache. */
async function refused(t: Test, token: string, why: string): Promise<void> {
  t.equal(await jwt.verifyAccessToken(token, NOW), undefined, why)
  t.equal(await jwt.verifyAccessToken(token, NOW), undefined, `${why}, asked again`)
}

t.test('our access tokens verify, here and with the JWKS', async (t) => {
  const token = await jwt.signAccessToken(claims)
  t.strictSame(await jwt.verifyAccessToken(token, NOW), claims)
  t.strictSame(decodeProtectedHeader(token), { alg: 'ES256', typ: 'at+jwt', kid: es256.kid })
  const jwk = keyset.jwks.keys.find(({ kid }) => kid === es256.kid)!
  t.match(
    (await jwtVerify(token, await importJWK(jwk), { issuer: ISSUER, audience: 'https://mcp.example', typ: 'at+jwt' })).payload,
    claims,
  )
  t.strictSame(await jwt.verifyAccessToken(await forge(), NOW), claims, 'the forging of the tests below is right but for what each changes')
})

t.test('access tokens may be signed with RS256, id_tokens with any', async (t) => {
  const token = await createJwt(keyset, ISSUER, 'RS256').signAccessToken(claims)
  t.match(decodeProtectedHeader(token), { alg: 'RS256', typ: 'at+jwt' })
  t.strictSame(await jwt.verifyAccessToken(token, NOW), claims, 'a token from before a change of the setting is still one')
  t.match(
    decodeProtectedHeader(await jwt.signAccessToken(claims, 'RS256')),
    { alg: 'RS256' },
    'a resource may want another than the setting',
  )
  for (const alg of ID_TOKEN_ALGS) {
    const header = decodeProtectedHeader(await jwt.signIdToken({ sub: 'helen' }, alg))
    t.strictSame(header, { alg, typ: 'JWT', kid: (await keyset.signingKey(alg)).kid })
  }
})

t.test('the header decides neither key nor algorithm (T11)', async (t) => {
  const [, payload = ''] = (await forge()).split('.')
  const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url')
  await refused(t, new UnsecuredJWT({ ...claims }).encode(), 'alg none')
  for (const alg of ['none', 'None', 'NONE', ''])
    await refused(t, `${encode({ alg, typ: 'at+jwt', kid: es256.kid })}.${payload}.`, `alg ${alg || 'empty'} with our kid`)

  const pem = await exportSPKI((await keyset.signingKey('RS256')).publicKey)
  for (const kid of [(await keyset.signingKey('RS256')).kid, es256.kid]) {
    for (const secret of [pem, pem.trim(), JSON.stringify(keyset.find(kid)!.publicJwk)]) {
      const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`
      await refused(
        t,
        `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`,
        'HS256 with our public key as the secret',
      )
    }
  }
  await refused(t, await forge({ alg: 'RS256' }, {}, (await keyset.signingKey('RS256')).privateKey), 'RS256 under the kid of the ES256 key')
  await refused(t, await forge({ kid: (await keyset.signingKey('RS256')).kid }), 'ES256 under the kid of the RS256 key')
  const ps256 = `${encode({ alg: 'PS256', typ: 'at+jwt', kid: (await keyset.signingKey('RS256')).kid })}.${payload}`
  await refused(t, `${ps256}.AAAA`, 'PS256 under the kid of the RS256 key')
})

t.test('a key only verifies its own algorithm, even if it could do another (T11)', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rs256 = { ...(await keyset.signingKey('RS256')), publicKey }
  const loose = createJwt({ ...keyset, find: () => rs256 }, ISSUER, 'ES256')
  const sign = (alg: string) => new SignJWT({ ...claims }).setProtectedHeader({ alg, typ: 'at+jwt', kid: rs256.kid }).sign(privateKey)
  t.strictSame(await loose.verifyAccessToken(await sign('RS256'), NOW), claims)
  for (const alg of ['PS256', 'RS512']) t.equal(await loose.verifyAccessToken(await sign(alg), NOW), undefined, alg)
})

t.test('a key in the token is ignored (T11)', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = await exportJWK(publicKey)
  const embedded: Partial<JWTHeaderParameters>[] = [
    { jwk },
    { jwk, kid: '' },
    { jku: 'https://evil.example/jwks' },
    { x5u: 'https://evil.example/cert' },
    { x5c: ['MIIB'] },
    { kid: 'evil' },
    { kid: '../../jwks' },
    { kid: '__proto__' },
  ]
  for (const header of embedded) {
    const unsigned = [{ alg: 'ES256', typ: 'at+jwt', kid: es256.kid, ...header }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const signature = signBytes('sha256', Buffer.from(unsigned), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    await refused(t, `${unsigned}.${signature}`, `foreign key by ${JSON.stringify(header).slice(0, 40)}`)
  }
  t.ok(
    await jwt.verifyAccessToken(await forge({ jwk, jku: 'https://evil.example/jwks' }), NOW),
    'such members of the header are ignored where the signature is ours',
  )
})

t.test('a header that demands an unknown extension is refused (T11)', async (t) => {
  const unsigned = [{ alg: 'ES256', typ: 'at+jwt', kid: es256.kid, crit: ['b64', 'x'], x: 1 }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = signBytes('sha256', Buffer.from(unsigned), { key: es256.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  await refused(t, `${unsigned}.${signature}`, 'crit')
})

t.test('another kind of our tokens is not an access token (T11)', async (t) => {
  for (const alg of ['ES256', 'RS256'] as const) await refused(t, await jwt.signIdToken({ ...claims }, alg), `an id_token with ${alg}`)
  await refused(t, await forge({ typ: 'JWT' }), 'typ JWT')
  await refused(t, await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: es256.kid }).sign(es256.privateKey), 'no typ')
  await refused(t, await forge({}, { iss: 'https://other.example' }), 'another issuer')
  await refused(t, await forge({}, { iss: `${ISSUER}/` }), 'another issuer by a slash')
  for (const name of ['iss', 'sub', 'aud', 'client_id', 'jti', 'iat', 'exp'])
    await refused(t, await forge({}, { [name]: undefined }), `no ${name}`)
  await refused(t, await forge({}, { nbf: iat + 60 }), 'not yet valid')
  await refused(t, await forge({}, { exp: String(iat + 60) }), 'an end that is no number')
})

t.test('a token that was cut, extended or changed is refused (T13)', async (t) => {
  const token = await forge()
  t.ok(await jwt.verifyAccessToken(token, NOW), 'the whole one is remembered now')
  const [header = '', payload = '', signature = ''] = token.split('.')
  const raised = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')
  const forgeries = [
    ...['', '.', '..', header, `${header}.${payload}`, `${header}.${payload}.`, token.slice(0, -1), token.slice(0, -2), token.slice(1)],
    ...[
      `${token}.`,
      `${token}x`,
      `${token}xx`,
      `${token}.${signature}`,
      `${header}.${raised}.${signature}`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
    ],
    ...[
      `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
      `${header}.${payload}.${Buffer.from(signature, 'base64url').reverse().toString('base64url')}`,
    ],
  ]
  for (const [index, forgery] of forgeries.entries()) await refused(t, forgery, `forgery ${index}`)
})

t.test('a token ends at its exp, even if it is cached (T13)', async (t) => {
  const token = await forge({}, { jti: 'token_2' })
  const end = (iat + 60) * 1000
  t.ok(await jwt.verifyAccessToken(token, end - 1))
  t.ok(await jwt.verifyAccessToken(token, end - 1), 'remembered')
  t.equal(await jwt.verifyAccessToken(token, end), undefined, 'remembered, but over')
  t.ok(await jwt.verifyAccessToken(token, end - 1), 'the clock alone decides')
  const late = await forge({}, { jti: 'token_3' })
  t.equal(await jwt.verifyAccessToken(late, end), undefined, 'never seen, and over')
})

t.test('a cached token is not verified a second time', async (t) => {
  const counting = createCountingNode(keyset)
  const token = await forge()
  for (let n = 0; n < 3; n++) t.strictSame(await counting.verifyAccessToken(token, NOW), claims)
  t.equal(counting.counted.verified, 1)
  for (let n = 0; n < 3; n++) t.equal(await counting.verifyAccessToken(`${token}.`, NOW), undefined)
})

t.test('a cached token ends with its key, once the node knows that the key is revoked', async (t) => {
  const { storage, keyset } = await openKeyset(t)
  const jwt = createJwt(keyset, ISSUER, 'ES256')
  const lasting = { ...claims, exp: iat + 3600 }
  const token = await jwt.signAccessToken(lasting)
  const idToken = await jwt.signIdToken({ sub: 'helen', aud: 'client_sample', iss: ISSUER, exp: iat }, 'ES256')
  t.strictSame(await jwt.verifyAccessToken(token, NOW), lasting)
  t.ok(await jwt.verifyIdTokenHint(idToken, NOW))
  await storage.keys.revoke(decodeProtectedHeader(token).kid!, NOW)
  t.strictSame(await jwt.verifyAccessToken(token, NOW + FOLLOW_MS - 1), lasting, 'not asked yet')
  t.equal(await jwt.verifyAccessToken(token, NOW + FOLLOW_MS), undefined)
  t.equal(await jwt.verifyIdTokenHint(idToken, NOW + FOLLOW_MS), undefined)
  t.ok(await jwt.verifyAccessToken(await jwt.signAccessToken(lasting), NOW + FOLLOW_MS), 'another key signs')
})
