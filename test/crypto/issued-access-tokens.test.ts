// Access tokens that come back to the process that issued them: the signature isn't verified again, all else is (threat-model.md T11, T13).
import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, decodeProtectedHeader } from 'jose'
import t from 'tap'
import type { AccessTokenClaims } from '#src/domain/token/access-token-claims.ts'
import { FOLLOW_MS } from '#src/domain/key/key-schedule.ts'
import { REMEMBERED, createJwt } from '#src/crypto/jwt.ts'
import { ISSUER, NOW, claims, createCountingNode, iat, openKeyset } from './signing-node.ts'

const DAY_MS = 86_400_000
const { keyset } = await openKeyset(t)
const es256 = await keyset.signingKey('ES256')
const createNode = () => createCountingNode(keyset)

/** The same token as we issue, signed once more, or by another key. */
const signAgain = (payload: AccessTokenClaims, key = es256.privateKey) =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: es256.kid }).sign(key)

t.test('the process that issued a token verifies no signature; another one does, once', async (t) => {
  const [issuing, other] = [createNode(), createNode()]
  for (const alg of ['ES256', 'RS256'] as const) {
    const token = await issuing.signAccessToken(claims, alg)
    for (let n = 0; n < 2; n++) t.strictSame(await issuing.verifyAccessToken(token, NOW), claims, 'what the token says')
    for (let n = 0; n < 2; n++) t.strictSame(await other.verifyAccessToken(token, NOW), claims)
  }
  t.strictSame([issuing.counted.verified, other.counted.verified], [0, 2])
})

t.test('nothing but the very text that was issued is taken for it (T13)', async (t) => {
  const node = createNode()
  const token = await node.signAccessToken(claims)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const replaced = [...token].map((character, at) => token.slice(0, at) + (character === 'A' ? 'B' : 'A') + token.slice(at + 1))
  const others = [
    ...replaced,
    ...replaced.map((_, at) => token.slice(0, at)),
    ...[`${header}.${payload}.`, `.${payload}.${signature}`, `${header}..${signature}`],
    ...[`${token}=`, `${token}.`, ` ${token}`, `${token} `, `${token}\u0000`, token.toLowerCase()],
    `${header}.${payload}.${(await node.signAccessToken({ ...claims, jti: 'another' })).split('.')[2]}`,
    await signAgain(claims, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  ]
  const accepted = async () => {
    const outcomes = await Promise.all(others.map(async (other) => (await node.verifyAccessToken(other, NOW)) && other))
    return outcomes.filter((outcome) => outcome !== undefined)
  }
  t.strictSame(await accepted(), [], 'before it was shown')
  t.ok(await node.verifyAccessToken(token, NOW))
  t.strictSame(await accepted(), [], 'after that')
  t.ok(await node.verifyAccessToken(token, NOW))
  const before = node.counted.verified
  t.ok(await node.verifyAccessToken(await signAgain(claims), NOW))
  t.equal(node.counted.verified, before + 1, 'the same claims with another signature have to be verified')
})

t.test('what else this process signed is no access token, nor is what it would refuse from others', async (t) => {
  const node = createNode()
  const { gid: _grant, ...ofNobody } = claims
  const tokens = {
    idToken: await node.signIdToken(claims, 'ES256'),
    logoutToken: await node.signLogoutToken(claims, 'ES256'),
    assertion: await node.signAssertion(claims, 'ES256'),
    userInfo: await node.signUserInfo(claims, 'ES256'),
    authorizationResponse: await node.signAuthorizationResponse(claims, 'ES256'),
    introspection: await node.signIntrospection(claims, 'ES256'),
    ofAnotherIssuer: await node.signAccessToken({ ...claims, iss: 'https://other.example' }),
    ofUserWithoutGrant: await node.signAccessToken(ofNobody),
  }
  for (const [name, token] of Object.entries(tokens)) t.equal(await node.verifyAccessToken(token, NOW), undefined, name)
})

t.test('a token that nobody has shown yet ends at its exp', async (t) => {
  const node = createNode()
  const token = await node.signAccessToken(claims)
  t.equal(await node.verifyAccessToken(token, claims.exp * 1000), undefined)
  t.ok(await node.verifyAccessToken(token, claims.exp * 1000 - 1), 'the clock alone decides')
})

t.test('only so many are remembered, and those that were shown stay however many are issued', async (t) => {
  const node = createNode()
  const first = await node.signAccessToken({ ...claims, jti: 'first' })
  const shown = await signAgain({ ...claims, jti: 'shown' })
  await node.verifyAccessToken(shown, NOW)
  t.equal(node.counted.verified, 1)
  let last = ''
  for (let n = 0; n < REMEMBERED; n++) last = await node.signAccessToken({ ...claims, jti: `token_${n}` })
  t.ok(await node.verifyAccessToken(last, NOW))
  t.ok(await node.verifyAccessToken(shown, NOW))
  t.equal(node.counted.verified, 1)
  t.ok(await node.verifyAccessToken(first, NOW), 'forgotten, and verified like any other')
  t.equal(node.counted.verified, 2)
})

t.test('a token that nobody has shown yet outlives the retirement of its key, but not its revocation or deletion', async (t) => {
  const { storage, keyset } = await openKeyset(t, { rotationInterval: 86_400 })
  const jwt = createJwt(keyset, ISSUER, 'ES256')
  const lasting = { ...claims, exp: iat + (30 * DAY_MS) / 1000 }
  const [early, late] = [await jwt.signAccessToken(lasting), await jwt.signAccessToken({ ...lasting, jti: 'late' })]
  const { kid } = await keyset.signingKey('ES256')
  await keyset.rotateDue(NOW + 2 * DAY_MS)
  const rotated = NOW + 3 * DAY_MS
  await keyset.refresh(rotated)
  const next = await keyset.signingKey('ES256')
  t.not(next.kid, kid)
  t.strictSame(await jwt.verifyAccessToken(early, rotated), lasting, 'the retired key counts')
  await storage.keys.revoke(kid, rotated)
  t.equal(await jwt.verifyAccessToken(late, rotated + FOLLOW_MS), undefined, 'revoked')

  const unseen = await jwt.signAccessToken(lasting)
  t.equal(decodeProtectedHeader(unseen).kid, next.kid)
  await storage.keys.delete(next.kid)
  t.equal(await jwt.verifyAccessToken(unseen, rotated + 2 * FOLLOW_MS), undefined, 'deleted')
})
