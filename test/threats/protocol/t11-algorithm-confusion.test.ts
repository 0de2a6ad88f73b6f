// threat-model.md T11: which key and algorithm verify a token is ours to say; the header only names one of our keys.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { SignJWT } from 'jose'
import { SECRET } from '#test/support/app.ts'
import { createApi, credentials } from '#test/support/api.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { createPushing, signWith, unsigned as unsignedObject } from '#test/support/clients/pushed.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'

const api = await createApi(t)
const client = await api.register()
const { access_token, id_token = '' } = await api.tokens(client)
const part = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index]!, 'base64url').toString()) as Record<string, unknown>
const header = part(access_token, 0)
const claims = part(access_token, 1)
const { keys } = (await api.app.inject('/jwks')).json() as { keys: (JsonWebKey & { kid: string; alg: string })[] }
const ours = { ES256: keys.find(({ alg }) => alg === 'ES256')!, RS256: keys.find(({ alg }) => alg === 'RS256')! }
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyset = await loadKeyset(api.storage.keys, SECRET, 0)
const key = (await keyset.signingKey('ES256')).privateKey

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (head: object, signature = '') => `${encode(head)}.${encode(claims)}.${signature}`
const hmac = (head: object, secret: string) => {
  const input = `${encode(head)}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
const byStranger = (head: object) => new SignJWT(claims).setProtectedHeader({ ...header, ...head } as never).sign(stranger.privateKey)
const byUs = (head: object, changes: object = {}) =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...head } as never).sign(key)

/** Whether anybody here takes the token: for UserInfo, in an introspection, and as one to revoke. */
async function isTaken(token: string): Promise<boolean[]> {
  const info = await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })
  const described = await api.post('/introspect', { token, ...credentials(client) })
  return [info.statusCode === 200, (described.json() as { active: boolean }).active]
}

/** For headers that jose refuses to sign. */
function byHand(head: object): string {
  const input = `${encode(head)}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const publicJwk = stranger.publicKey.export({ format: 'jwk' })
const pem = (jwk: object) => JSON.stringify(jwk)
const forged: Record<string, string> = {
  'alg none': unsigned({ ...header, alg: 'none' }),
  'alg none, spelled': unsigned({ ...header, alg: 'nOnE' }),
  'alg none with the signature left on': unsigned({ ...header, alg: 'none' }, access_token.split('.')[2]),
  'no alg': unsigned({ typ: 'at+jwt', kid: header['kid'] }, access_token.split('.')[2]),
  'no signature': unsigned(header),
  'HS256 with our public key': hmac({ ...header, alg: 'HS256' }, pem(ours.ES256)),
  'HS256 with the x of our public key': hmac({ ...header, alg: 'HS256' }, ours.ES256.x!),
  'HS256 with nothing': hmac({ ...header, alg: 'HS256' }, ''),
  'HS256 with the key id': hmac({ ...header, alg: 'HS256' }, ours.ES256.kid),
  "a stranger's key under our key id": await byStranger({}),
  "a stranger's key and key id": await byStranger({ kid: 'theirs' }),
  "a stranger's key and no key id": await byStranger({ kid: undefined }),
  "a stranger's key in jwk": await byStranger({ jwk: publicJwk }),
  "a stranger's key in jwk, no key id": await byStranger({ jwk: publicJwk, kid: undefined }),
  'a jku': await byStranger({ jku: 'https://evil.example/jwks', kid: 'theirs' }),
  'an x5u and an x5c': await byStranger({ x5u: 'https://evil.example/cert', x5c: ['MIIB'], kid: 'theirs' }),
  'a key id that is a path': await byStranger({ kid: '../../dev/null' }),
  'a key id that is a name of Object': await byStranger({ kid: '__proto__' }),
  'our ES256 key, called RS256': unsigned({ ...header, alg: 'RS256' }, access_token.split('.')[2]),
  'the key id of our other key': unsigned({ ...header, kid: ours.RS256.kid }, access_token.split('.')[2]),
  'an unknown crit': byHand({ ...header, crit: ['http://example.com/x'], 'http://example.com/x': true }),
  'a crit that names nothing': byHand({ ...header, crit: [] }),
  'an id_token': id_token,
  'typ JWT': await byUs({ typ: 'JWT' }),
  'no typ': await byUs({ typ: undefined }),
  'another issuer': await byUs({}, { iss: 'https://evil.example' }),
  'no end': await byUs({}, { exp: undefined }),
  over: await byUs({}, { exp: Math.floor(api.clock.now / 1000) - 1 }),
  'not yet': await byUs({}, { nbf: Math.floor(api.clock.now / 1000) + 600 }),
  'no grant': await byUs({}, { gid: undefined }),
  'an unknown grant': await byUs({}, { gid: 'x', jti: 'y' }),
}
t.test('T11: the token that the others are made of is good', async (t) => {
  t.match(header, { alg: 'ES256', typ: 'at+jwt', kid: ours.ES256.kid })
  t.strictSame(await isTaken(access_token), [true, true])
  t.strictSame(await isTaken(await byUs({})), [true, true], 'our own key signs another')
  t.strictSame(await isTaken(byHand(header)), [true, true], 'by hand, too')
})

for (const [about, token] of Object.entries(forged)) {
  t.test(`T11: a token with ${about} is no token`, async (t) => {
    t.strictSame(await isTaken(token), [false, false])
    t.equal((await api.post('/revoke', { token, ...credentials(client) })).statusCode, 200)
    t.strictSame(await isTaken(access_token), [true, true], 'and revokes nothing')
  })
}

t.test('T11: a request object is believed by the key and the algorithm that the client registered, whatever its header says', async (t) => {
  for (const signs of [{ request_object_signing_alg: 'ES256' }, { require_signed_request_object: true }])
    await believesNothingElse(t, signs)
})

/** @param signs how the client registered that it signs: who registered nothing may send unsigned objects */
async function believesNothingElse(t: Test, signs: Record<string, unknown>): Promise<void> {
  const { claims, come, key: own, pushed, sign } = await createPushing(t, { metadata: signs })
  const evil = await makeClientKey('own', 'ES256')
  const symmetric = (secret: string) => {
    const input = `${encode({ alg: 'HS256', kid: 'own' })}.${encode(claims())}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const objects: Record<string, string> = {
    none: unsignedObject(claims()),
    'none with the signature of another': unsignedObject(claims()) + (await sign()).split('.')[2]!,
    'none, spelled': unsignedObject(claims(), { alg: 'nOnE' }),
    'HS256 with the public key': symmetric(JSON.stringify(own.jwk)),
    'HS256 with the x of the public key': symmetric(own.jwk.x!),
    'a key that it brings along': await signWith(evil, claims(), { jwk: evil.jwk }),
    'a key that it points to': await signWith(evil, claims(), { jku: 'https://evil.example/keys' }),
    'a critical header': await signWith(own, claims(), { crit: ['b64'], b64: true }),
    'our own key': await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: header['kid'] as string }).sign(key),
  }
  for (const [about, request] of Object.entries(objects)) {
    t.match(await come({ redirect_uri: 'https://client.example/callback', request }), { error: 'invalid_request_object' }, about)
    t.match(await pushed({ request }), { error: 'invalid_request_object' }, about)
  }
  t.match(await come({ request: await sign() }), { code: /./ }, 'the one that they are made of is good')
}
