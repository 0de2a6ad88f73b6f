import fc from 'fast-check'
import t from 'tap'
import { matchHash, matchSecret, readCredentials, verifyClient, verifyResource } from '#src/domain/client/credentials.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { holds } from '#test/support/property.ts'
import { NOW, sampleClient, sampleResource } from '#test/support/records.ts'

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

t.test('a client presents itself by header, by form, or by its id alone', async (t) => {
  const table: [string | undefined, Record<string, unknown>, object, string][] = [
    [
      basic('id:secret'),
      {},
      { clientId: 'id', clientSecret: 'secret', method: 'client_secret_basic' },
      'raw, as the TypeScript SDK sends it',
    ],
    [
      basic('i%64:s%2Dcr%5Ft'),
      {},
      { clientId: 'id', clientSecret: 's-cr_t', method: 'client_secret_basic' },
      'percent-encoded, as the Python SDK sends it',
    ],
    [basic('id:a+b'), {}, { clientId: 'id', clientSecret: 'a b', method: 'client_secret_basic' }, 'form encoding (RFC 6749 section 2.3.1)'],
    [basic('id:100%'), {}, { clientId: 'id', clientSecret: '100%', method: 'client_secret_basic' }, 'not decodable, so it was raw'],
    [basic('id:a:b'), {}, { clientId: 'id', clientSecret: 'a:b', method: 'client_secret_basic' }, 'a colon in the secret'],
    [basic('ïd:sécret'), {}, { clientId: 'ïd', clientSecret: 'sécret', method: 'client_secret_basic' }, 'UTF-8'],
    [basic('id:'), {}, { clientId: 'id', clientSecret: undefined, method: 'client_secret_basic' }, 'an empty secret is none'],
    [basic('id:secret').replace('Basic', 'bAsIc '), {}, { clientId: 'id', clientSecret: 'secret' }, 'the scheme in any case'],
    [
      basic('id:secret'),
      { client_id: 'id' },
      { clientId: 'id', clientSecret: 'secret', method: 'client_secret_basic' },
      'the same id in the form',
    ],
    [
      basic('id:secret'),
      { client_id: '', client_secret: '' },
      { clientId: 'id', clientSecret: 'secret', method: 'client_secret_basic' },
      'empty members are absent',
    ],
    [
      undefined,
      { client_id: 'id', client_secret: 'secret' },
      { clientId: 'id', clientSecret: 'secret', method: 'client_secret_post' },
      'form',
    ],
    [undefined, { client_id: 'id' }, { clientId: 'id', clientSecret: undefined, method: 'none' }, 'a public client'],
    [
      undefined,
      { client_id: 'id', client_secret: '' },
      { clientId: 'id', clientSecret: undefined, method: 'none' },
      'an empty secret in the form is none',
    ],
    ['Bearer x', { client_id: 'id' }, { clientId: 'id', method: 'none' }, 'another scheme is not client authentication'],
  ]
  for (const [authorization, form, expected, why] of table) {
    const read = readCredentials(authorization, form)
    t.match(read, { ok: true, value: expected }, why)
  }
})

t.test('a client with no credentials, malformed ones or two kinds is refused', async (t) => {
  const table: [string | undefined, Record<string, unknown>, string, string][] = [
    [undefined, {}, 'invalid_client', 'nothing'],
    [undefined, { client_secret: 'secret' }, 'invalid_client', 'a secret of nobody'],
    [undefined, { client_id: ['a', 'b'] }, 'invalid_client', 'two ids'],
    ['Basic', {}, 'invalid_client', 'no credentials'],
    ['Basic ', {}, 'invalid_client', 'empty credentials'],
    ['Basic !!!', { client_id: 'id' }, 'invalid_client', 'not base64'],
    [basic('id'), {}, 'invalid_client', 'no colon'],
    [basic(':secret'), {}, 'invalid_client', 'no id'],
    [basic('id:secret'), { client_id: 'id', client_secret: 'secret' }, 'invalid_request', 'two methods at once'],
    [basic('id:secret'), { client_id: 'other' }, 'invalid_request', 'two ids'],
  ]
  for (const [authorization, form, code, why] of table) t.match(readCredentials(authorization, form), { ok: false, error: { code } }, why)
})

t.test('a client authenticates with its registered secret', async (t) => {
  const confidential = sampleClient({ secretHash: sha256('secret') })
  const presented = (clientSecret: string | undefined, method = 'client_secret_basic' as const) => ({
    clientId: 'client_sample',
    clientSecret,
    method,
  })
  t.strictSame(verifyClient(confidential, presented('secret'), NOW), { ok: true, value: confidential })
  t.strictSame(
    verifyClient(confidential, { ...presented('secret'), method: 'client_secret_post' }, NOW),
    { ok: true, value: confidential },
    'header or form',
  )
  t.strictSame(
    verifyClient(sampleClient(), presented(undefined), NOW),
    { ok: true, value: sampleClient() },
    'a public client has no secret',
  )
  const refused = [
    verifyClient(undefined, presented('secret'), NOW),
    verifyClient({ ...confidential, disabledAt: NOW }, presented('secret'), NOW),
    verifyClient(confidential, presented(undefined), NOW),
    verifyClient(confidential, presented('Secret'), NOW),
    verifyClient(confidential, presented('secret '), NOW),
    verifyClient(confidential, presented('secre'), NOW),
    verifyClient(confidential, presented(confidential.secretHash), NOW),
    verifyClient({ ...confidential, secretHash: 'short' }, presented('secret'), NOW),
    verifyClient(sampleClient(), presented('a secret that it cannot have'), NOW),
  ]
  const answers = new Set(refused.map((result) => (result.ok ? 'let in' : `${result.error.status} ${result.error.message}`)))
  t.strictSame(
    [...answers],
    ['401 invalid_client: the client is unknown, or its authentication failed'],
    'one answer for all of them (T14)',
  )
})

t.test('a resource authenticates with its secret', async (t) => {
  const resource = sampleResource({ secretHash: sha256('secret') })
  const presented = (clientSecret: string | undefined) => ({ clientId: resource.id, clientSecret, method: 'client_secret_basic' as const })
  t.strictSame(verifyResource(resource, presented('secret')), { ok: true, value: resource })
  const refused = [undefined, 'Secret', 'secre', 'secret ', resource.secretHash].map((secret) =>
    verifyResource(resource, presented(secret)),
  )
  const answers = new Set(
    [...refused, verifyResource(undefined, presented('secret'))].map((result) =>
      result.ok ? 'let in' : `${result.error.status} ${result.error.message}`,
    ),
  )
  t.strictSame(
    [...answers],
    ['401 invalid_client: the client is unknown, or its authentication failed'],
    'one answer for all of them (T14)',
  )
})

t.test('the previous secret is valid until its end, and no longer', (t) => {
  const rotated = sampleClient({ secretHash: sha256('new'), previousSecretHash: sha256('old'), previousSecretExpiresAt: NOW + 1 })
  t.equal(matchSecret(rotated, 'new', NOW), 'current')
  t.equal(matchSecret(rotated, 'old', NOW), 'previous')
  t.equal(matchSecret(rotated, 'old', NOW + 1), undefined)
  t.equal(matchSecret(rotated, 'new', NOW + 1), 'current')
  t.equal(matchSecret(rotated, 'other', NOW), undefined)
  t.equal(matchSecret(sampleClient({ previousSecretHash: sha256('old') }), 'old', NOW), undefined, 'without an end it is over')
  t.equal(matchHash('', undefined, undefined), undefined, 'nothing matches what is not there')
  t.match(verifyClient(rotated, { clientId: rotated.id, clientSecret: 'old', method: 'client_secret_basic' }, NOW), { ok: true })
  t.match(verifyClient(rotated, { clientId: rotated.id, clientSecret: 'old', method: 'client_secret_basic' }, NOW + 1), { ok: false })
  t.end()
})

t.test('property: credentials survive both ways of encoding them', async (t) => {
  const secret = fc
    .base64String({ minLength: 1 })
    .map((text) => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''))
    .filter((text) => text !== '')
  holds(
    t,
    fc.property(secret, secret, fc.boolean(), (clientId, clientSecret, encode) => {
      const write = encode ? encodeURIComponent : (text: string) => text
      const read = readCredentials(basic(`${write(clientId)}:${write(clientSecret)}`), {})
      return read.ok && read.value.clientId === clientId && read.value.clientSecret === clientSecret
    }),
  )
  holds(
    t,
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.object(),
      (header, form) => typeof readCredentials(`Basic ${header}`, form).ok === 'boolean',
    ),
  )
})
