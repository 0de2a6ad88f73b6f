import { crc32 } from 'node:zlib'
import t from 'tap'
import { newPersonalToken } from '#src/crypto/random.ts'
import {
  formatPersonalToken,
  hashPersonalToken,
  isPersonalToken,
  parsePersonalToken,
  personalTokenClaims,
} from '#src/domain/token/personal-token.ts'
import type { PersonalTokenRequest } from '#src/domain/token/personal-token.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import type { Resource } from '#src/domain/resource/resource.ts'

const resource: Resource = {
  id: 'resource_1',
  secretHash: 'hash',
  identifier: 'https://sky.example/mcp',
  name: 'Sky',
  scopes: [{ name: 'sky:read', description: 'Read the sky' }],
  createdAt: 0,
  updatedAt: 0,
}

t.test('a token has a prefix and a checksum, by which it is recognized without asking anybody', async (t) => {
  const text = newPersonalToken()
  t.match(text, /^ssp_[0-9A-Za-z]{49}$/)
  t.not(newPersonalToken(), text)
  t.ok(isPersonalToken(text))
  t.equal(hashPersonalToken(text), sha256(text))
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const checksum = [...text.slice(-6)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
  t.equal(checksum, crc32(text.slice(4, -6)), 'as a scanner computes it')
  t.equal(formatPersonalToken(new Uint8Array(32)).slice(0, 47), `ssp_${'0'.repeat(43)}`)
  t.match(formatPersonalToken(new Uint8Array(32).fill(255)), /^ssp_[0-9A-Za-z]{49}$/)
})

t.test('a text that only looks like a token has no hash', async (t) => {
  const text = newPersonalToken()
  const last = text.endsWith('0') ? '1' : '0'
  const wrong = [
    text.slice(0, -1),
    text.slice(0, -1) + last,
    `${text}0`,
    text.replace('ssp_', 'ssq_'),
    ` ${text}`,
    text.replace(/.$/, '-'),
    '',
  ]
  for (const each of wrong) t.equal(hashPersonalToken(each), undefined, each)
  t.notOk(isPersonalToken('x'))
})

t.test('somebody gets what the resource has, for as long as the operator allows', async (t) => {
  const asked = (changes: Partial<PersonalTokenRequest> = {}, of = resource) =>
    parsePersonalToken({ name: 'backup', scopes: ['sky:read'], ttl: 86_400, ...changes }, of, 90 * 86_400)
  t.strictSame(asked({ name: '  a\u200b name ', scopes: ['openid', 'sky:read', 'openid'] }), {
    ok: true,
    value: { name: 'a name', scopes: ['openid', 'sky:read'], ttl: 86_400 },
  })
  t.ok(asked({ scopes: [] }, { ...resource, scopes: [] }).ok, 'a resource without scopes')
  for (const [changes, problem] of [
    [{ name: ' ' }, 'name'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['sky:move'] }, 'scopes'],
    [{ scopes: ['sky:read', 'offline_access'] }, 'scopes'],
    [{ ttl: 91 * 86_400 }, 'expiry'],
    [{ ttl: 59 }, 'expiry'],
    [{ ttl: NaN }, 'expiry'],
    [{ ttl: 100.5 }, 'expiry'],
  ] as const)
    t.strictSame(asked(changes), { ok: false, error: problem }, JSON.stringify(changes))
  t.strictSame(asked({}, { ...resource, refusesPersonalTokens: true }), { ok: false, error: 'refused' })
})

t.test('a scope that the resource no longer has is in no claims', async (t) => {
  const token = { id: 'token', userId: 'ada', scopes: ['sky:read', 'sky:gone', 'openid'] }
  t.strictSame(personalTokenClaims(token, resource, { issuer: 'https://as.example', jti: 'jti', iat: 1, exp: 2 }), {
    iss: 'https://as.example',
    sub: 'ada',
    aud: resource.identifier,
    client_id: 'personal-access-token',
    scope: 'sky:read openid',
    pid: 'token',
    jti: 'jti',
    iat: 1,
    exp: 2,
  })
})
