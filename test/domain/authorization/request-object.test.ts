import t from 'tap'
import { isRegisteredRequestUri, isUnsecured, parseRequestObject, withoutFragment } from '#src/domain/authorization/request-object.ts'

const NOW = 1_800_000_000_000
const SECONDS = NOW / 1000
const ISSUER = 'https://auth.example.com'
const CLIENT_ID = 'client_sample'
const CLAIMS = { client_id: CLIENT_ID, response_type: 'code', scope: 'openid', state: 'inside' }

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (claims: unknown, header: unknown = { alg: 'RS256' }) => `${encode(header)}.${encode(claims)}.c2ln`
const parse = (claims: object, beside: object = {}, header?: unknown) =>
  parseRequestObject(jwt({ ...CLAIMS, ...claims }, header), { client_id: CLIENT_ID, ...beside }, ISSUER, NOW)
const refusal = (...args: Parameters<typeof parse>) => {
  const parsed = parse(...args)
  return parsed.ok ? undefined : parsed.error
}

t.test('only the parameters in the object count', async (t) => {
  t.same(parse({}, { state: 'outside', nonce: 'outside', redirect_uri: 'https://evil.example/', scope: 'email', response_type: 'token' }), {
    ok: true,
    value: CLAIMS,
  })
  t.same(parse({ unknown: 1, constructor: 'x', iss: CLIENT_ID, aud: ISSUER, exp: SECONDS + 60, iat: SECONDS, jti: 'one' }), {
    ok: true,
    value: CLAIMS,
  })
})

t.test('response_type may be outside of an object that has none', async (t) => {
  t.match(parse({ response_type: undefined }, { response_type: 'code' }), { ok: true, value: { response_type: 'code' } })
  t.same(parse({ response_type: undefined }), { ok: true, value: { client_id: CLIENT_ID, scope: 'openid', state: 'inside' } })
})

t.test('numbers, objects and lists become what a query would contain', async (t) => {
  const resource = ['https://a.example/', 'https://b.example/']
  t.match(parse({ max_age: 86400, claims: { userinfo: { email: null } }, resource }), {
    ok: true,
    value: { max_age: '86400', claims: '{"userinfo":{"email":null}}', resource },
  })
})

t.test('an object that no query could express is refused', async (t) => {
  for (const [change, name] of [
    [{ state: ['a', 'b'] }, 'state'],
    [{ state: null }, 'state'],
    [{ scope: true }, 'scope'],
    [{ nonce: 'x'.repeat(5000) }, 'nonce'],
    [{ resource: [7] }, 'resource'],
    [{ state: '\0' }, 'state'],
  ] as const) {
    t.equal(refusal(change), `has a ${name} of the wrong type or size`)
  }
})

t.test('an object for another client, server or time is refused', async (t) => {
  const cases: [change: object, error: RegExp][] = [
    [{ client_id: 'client_other' }, /must hold the client_id/],
    [{ client_id: undefined }, /must hold the client_id/],
    [{ client_id: [CLIENT_ID] }, /must hold the client_id/],
    [{ iss: 'client_other' }, /as its iss/],
    [{ sub: CLIENT_ID }, /as its sub/],
    [{ aud: 'https://other.example' }, /https:\/\/auth.example.com as its aud/],
    [{ aud: [] }, /as its aud/],
    [{ aud: [`${ISSUER}/`] }, /as its aud/],
    [{ exp: SECONDS - 30 }, /has expired/],
    [{ exp: 'never' }, /has expired/],
    [{ nbf: SECONDS + 31 }, /not valid yet/],
    [{ nbf: 'now' }, /not valid yet/],
    [{ request: 'eyJ' }, /must not hold request/],
    [{ request_uri: 'https://client.example/' }, /must not hold request/],
  ]
  for (const [change, error] of cases) t.match(refusal(change), error, JSON.stringify(change))
  for (const fine of [{ aud: ['https://other.example', ISSUER] }, { exp: SECONDS - 29, nbf: SECONDS + 30 }, { sub: 'somebody' }])
    t.equal(refusal(fine), undefined, JSON.stringify(fine))
})

t.test('another JWT of the client is not a request object', async (t) => {
  for (const typ of ['dpop+jwt', 'at+jwt', 'logout+jwt', 7])
    t.equal(refusal({}, {}, { alg: 'RS256', typ }), 'is a JWT of another type', String(typ))
  for (const typ of ['JWT', 'jwt', 'oauth-authz-req+jwt', 'application/oauth-authz-req+jwt'])
    t.equal(refusal({}, {}, { alg: 'RS256', typ }), undefined, typ)
  for (const raw of ['', 'a.b.c', `${encode({ alg: 'RSA-OAEP' })}.a.b.c.d`, jwt([CLAIMS])]) {
    t.match(parseRequestObject(raw, { client_id: CLIENT_ID }, ISSUER, NOW), { ok: false, error: /not a JWT that can be read/ }, raw)
  }
})

t.test('an object is unsigned if it says so and has no signature', async (t) => {
  t.equal(isUnsecured(`${encode({ alg: 'none' })}.${encode(CLAIMS)}.`), true)
  for (const raw of [
    '',
    jwt(CLAIMS),
    jwt(CLAIMS, { alg: 'none' }),
    `${encode({ alg: 'RS256' })}.${encode(CLAIMS)}.`,
    `${encode({ alg: 'nOnE' })}.${encode(CLAIMS)}.`,
    `${encode({ alg: 'none' })}.${encode(CLAIMS)}`,
  ])
    t.equal(isUnsecured(raw), false, raw)
})

t.test('a request_uri is registered with any fragment, and with no other change', async (t) => {
  const registered = ['https://client.example/one', 'https://client.example/two#hash']
  for (const uri of [...registered, 'https://client.example/one#other', 'https://client.example/two'])
    t.equal(isRegisteredRequestUri(uri, registered), true, uri)
  for (const uri of [
    'https://client.example/',
    'https://client.example/one/',
    'https://CLIENT.example/one',
    'https://client.example/one?a',
    'http://client.example/one',
    '',
  ])
    t.equal(isRegisteredRequestUri(uri, registered), false, uri)
})

t.test('a request_uri is fetched without its fragment', async (t) => {
  for (const uri of ['https://client.example/one', 'https://client.example/one#', 'https://client.example/one#a#b'])
    t.equal(withoutFragment(uri), 'https://client.example/one', uri)
})

t.test('a strict object says for whom it is, since when and until when, each within an hour', async (t) => {
  const claims = { ...CLAIMS, aud: ISSUER, nbf: SECONDS, exp: SECONDS + 300 }
  const strictly = (change: object) => parseRequestObject(jwt({ ...claims, ...change }), { client_id: CLIENT_ID }, ISSUER, NOW, true)
  for (const change of [
    {},
    { aud: [ISSUER, 'https://other.example'] },
    { nbf: SECONDS + 10 },
    { nbf: SECONDS - 3600, exp: SECONDS },
    { exp: SECONDS + 3600 },
    { nbf: SECONDS + 30, exp: SECONDS + 3630 },
  ])
    t.match(strictly(change), { ok: true }, JSON.stringify(change))
  const refused: [change: object, error: RegExp][] = [
    [{ aud: undefined }, /^has no aud$/],
    [{ aud: 'https://other.example' }, /as its aud$/],
    [{ nbf: undefined }, /^has no nbf, or one of more than an hour ago$/],
    [{ nbf: String(SECONDS) }, /^is not valid yet$/],
    [{ nbf: SECONDS - 3601, exp: SECONDS + 60 }, /^has no nbf/],
    [{ nbf: SECONDS + 31 }, /^is not valid yet$/],
    [{ exp: undefined }, /^has no exp, or one of more than an hour after its nbf$/],
    [{ exp: SECONDS + 3601 }, /^has no exp/],
    [{ nbf: SECONDS - 10, exp: SECONDS + 3595 }, /^has no exp/],
    [{ exp: SECONDS - 31 }, /^has expired$/],
  ]
  for (const [change, error] of refused) t.match(strictly(change), { ok: false, error }, JSON.stringify(change))
  t.match(parse({ aud: undefined, nbf: undefined, exp: undefined }), { ok: true }, 'no other has to')
})
