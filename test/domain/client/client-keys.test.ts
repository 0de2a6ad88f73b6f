import t from 'tap'
import { parseClientKeys, parseJwks, parseJwksText } from '#src/domain/client/client-keys.ts'
import { renderClientMetadata } from '#src/domain/client/client-information.ts'
import { parseClientMetadata } from '#src/domain/client/client-metadata.ts'

const RSA = { kty: 'RSA', kid: 'one', n: 'AQAB', e: 'AQAB', use: 'sig', alg: 'RS256' }
const parseKeys = (members: Parameters<typeof parseClientKeys>[0]) => parseClientKeys(members, true)

const EC = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', key_ops: ['verify'] }

t.test('a key set is stored with the public members of each key', async (t) => {
  const parsed = parseJwks({
    keys: [
      { ...RSA, x5c: ['certificate'], x5u: 'https://internal/', n2: 1, kid: 'one' },
      { ...EC, key_ops: ['verify', 7] },
      { kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 5 },
    ],
    more: 1,
  })
  t.same(parsed, { ok: true, value: { keys: [RSA, EC, { kty: 'OKP', crv: 'Ed25519', x: 'AA' }] } })
})

t.test('keys of unknown types are left out (RFC 7517 section 5), but one has to remain', async (t) => {
  t.same(parseJwks({ keys: [{ kty: 'AKP', pub: 'AA' }, EC] }), { ok: true, value: { keys: [EC] } })
  t.match(parseJwks({ keys: [{ kty: 'AKP', pub: 'AA' }] }), { ok: false, error: 'holds no key of type RSA, EC or OKP' })
  t.match(parseJwks({ keys: [] }), { ok: false, error: 'holds no key of type RSA, EC or OKP' })
})

t.test('T10: a key set that contains anything secret is refused', async (t) => {
  t.match(parseJwks({ keys: [EC, { kty: 'oct' }] }), { ok: false, error: 'must hold public keys only' })
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) {
    t.match(parseJwks({ keys: [{ ...RSA, [member]: 'AA' }] }), { ok: false, error: 'must hold public keys only' }, member)
  }
  t.match(parseJwks({ keys: [{ kty: 'AKP', priv: 'AA' }] }), { ok: false, error: 'must hold public keys only' })
})

t.test('T18: a key set with an RSA key that makes checks slow is refused', async (t) => {
  const refused = { ok: false, error: 'has an RSA key with a modulus of more than 4096 bits, or an exponent of more than 32' }
  const bytes = (count: number) => Buffer.alloc(count, 0xff).toString('base64url')
  t.match(parseJwks({ keys: [{ ...RSA, n: bytes(512), e: bytes(4) }] }), { ok: true })
  t.same(parseJwks({ keys: [EC, { ...RSA, n: bytes(513) }] }), refused)
  t.same(parseJwks({ keys: [EC, { ...RSA, n: bytes(384), e: bytes(384) }] }), refused)
})

t.test('what is not a key set is refused with the reason', async (t) => {
  for (const raw of [null, undefined, 'text', 7, [], [RSA], {}, { keys: RSA }, { keys: null }]) {
    t.match(parseJwks(raw), { ok: false, error: 'must be an object with an array "keys"' }, JSON.stringify(raw) ?? 'undefined')
  }
  for (const entry of [null, 'text', [], {}, { kty: 7 }])
    t.match(parseJwks({ keys: [entry] }), { ok: false, error: 'has an entry that is not a key' }, JSON.stringify(entry))
  t.match(parseJwks({ keys: Array(33).fill(EC) }), { ok: false, error: 'must have at most 32 keys' })
  t.match(parseJwks({ keys: Array(32).fill(EC) }), { ok: true })
})

t.test('a fetched key set is JSON, and public', async (t) => {
  t.same(parseJwksText(JSON.stringify({ keys: [EC] })), { ok: true, value: { keys: [EC] } })
  t.match(parseJwksText('{'), { ok: false, error: 'the key set is not JSON' })
  t.match(parseJwksText(JSON.stringify({ keys: [{ ...EC, kid: '\ud800' }] })), {
    ok: false,
    error: 'the key set holds a text that is not Unicode',
  })
  t.match(parseJwksText('{"keys":[{"kty":"oct"}]}'), { ok: false, error: 'the key set must hold public keys only' })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response.
t.test('a client registers its keys by value or by address, never both', async (t) => {
  t.match(parseKeys({ jwks: { keys: [EC] }, jwks_uri: 'https://client.example/keys' }), {
    ok: false,
    error: 'jwks and jwks_uri must not both be given',
  })
  t.same(parseKeys({ jwks: { keys: [EC] }, jwks_uri: null }), { ok: true, value: { jwks: { keys: [EC] } } })
  t.same(parseKeys({ jwks: null, jwks_uri: 'https://client.example/keys?v=1' }), {
    ok: true,
    value: { jwksUri: 'https://client.example/keys?v=1' },
  })
  t.match(parseKeys({}), { ok: false, error: 'private_key_jwt needs jwks or jwks_uri' })
  t.match(parseKeys({ jwks: 'text' }), { ok: false, error: 'jwks must be an object with an array "keys"' })
})

t.test('T1, T2: jwks_uri is a plain https URL', async (t) => {
  for (const uri of [
    '',
    'http://client.example/keys',
    'http://localhost/keys',
    'file:///etc/passwd',
    'https:client.example',
    'https:///client.example',
    'https://user@client.example/keys',
    'https://client.example/keys#one',
    'https://client.example/a b',
    'keys',
  ]) {
    t.match(parseKeys({ jwks_uri: uri }), { ok: false, error: 'jwks_uri must be an https URL' }, uri)
  }
})

t.test('a client that authenticates by its keys names a supported algorithm, or none', async (t) => {
  const jwks = { keys: [EC] }
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const)
    t.same(parseKeys({ jwks, token_endpoint_auth_signing_alg: alg }), { ok: true, value: { jwks, tokenEndpointAuthSigningAlg: alg } })
  for (const alg of ['none', 'HS256', 'RS1', 'rs256', ''])
    t.match(
      parseKeys({ jwks, token_endpoint_auth_signing_alg: alg }),
      { ok: false, error: /^token_endpoint_auth_signing_alg must be one of RS256/ },
      alg,
    )
  t.same(parseKeys({ jwks, token_endpoint_auth_signing_alg: null }), { ok: true, value: { jwks } })
})

t.test('keys that a client does not authenticate with are stored if they are valid, and dropped otherwise', async (t) => {
  t.same(parseClientKeys({ jwks: { keys: [EC] }, token_endpoint_auth_signing_alg: 'ES256' }, false), {
    ok: true,
    value: { jwks: { keys: [EC] }, tokenEndpointAuthSigningAlg: 'ES256' },
  })
  t.same(parseClientKeys({ jwks_uri: 'https://client.example/keys' }, false), {
    ok: true,
    value: { jwksUri: 'https://client.example/keys' },
  })
  for (const members of [
    {},
    { jwks: 'text' },
    { jwks: { keys: [{ kty: 'oct', k: 'AA' }] } },
    { jwks_uri: 'http://169.254.169.254/' },
    { token_endpoint_auth_signing_alg: 'HS256' },
  ]) {
    t.same(parseClientKeys(members, false), { ok: true, value: {} }, JSON.stringify(members))
  }
  t.match(parseClientKeys({ jwks: 'text', jwks_uri: 'text' }, false), { ok: false, error: 'jwks and jwks_uri must not both be given' })
})

t.test('a key has all members of its type', async (t) => {
  for (const [kty, members] of Object.entries({ RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] })) {
    const whole = { kty, ...Object.fromEntries(members.map((member) => [member, 'AA'])) }
    t.match(parseJwks({ keys: [whole] }), { ok: true }, kty)
    for (const member of members)
      t.match(
        parseJwks({ keys: [{ ...whole, [member]: 7 }] }),
        { ok: false, error: `has a key without ${members.join(', ')}` },
        `${kty} ${member}`,
      )
  }
})

t.test('the response contains the registered keys', async (t) => {
  const registered = { redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'private_key_jwt' }
  for (const keys of [
    { jwks: { keys: [RSA, EC] }, token_endpoint_auth_signing_alg: 'ES256' },
    { jwks_uri: 'https://client.example/keys' },
  ]) {
    const parsed = parseClientMetadata({ ...registered, ...keys })
    t.match(parsed.ok && renderClientMetadata(parsed.value), { ...registered, ...keys })
  }
  t.match(parseClientMetadata(registered), { ok: false, error: { code: 'invalid_client_metadata' } })
})
