import t from 'tap'
import { ASSERTION_TYPE, assertionSubject, checkAssertionClaims } from '#src/domain/client/client-assertion.ts'
import { readCredentials, verifyClient } from '#src/domain/client/credentials.ts'
import { sampleClient } from '#test/support/records.ts'

const NOW = 1_800_000_000_000
const SECONDS = NOW / 1000
const CLIENT_ID = 'client_sample'
const ISSUER = 'https://auth.example.com'
const AUDIENCE = [ISSUER, `${ISSUER}/token`, `${ISSUER}/par`]
const CLAIMS = { iss: CLIENT_ID, sub: CLIENT_ID, aud: ISSUER, exp: SECONDS + 60, iat: SECONDS, jti: 'one' }

const check = (change: Record<string, unknown> = {}) => checkAssertionClaims({ ...CLAIMS, ...change }, CLIENT_ID, AUDIENCE, NOW)
const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`

t.test('an assertion for the issuer or the token endpoint is valid until shortly after its exp', async (t) => {
  const checked = check()
  t.match(checked, { ok: true, value: { expiresAt: (SECONDS + 60 + 30) * 1000 } })
  for (const aud of [...AUDIENCE, [ISSUER], [`${ISSUER}/token`]]) t.same(check({ aud }), checked, JSON.stringify(aud))
  t.same(check({ exp: SECONDS + 60.5 }), { ok: true, value: { ...(checked.ok && checked.value), expiresAt: (SECONDS + 90) * 1000 + 500 } })
})

t.test('T10: aud is exactly the issuer or the token endpoint, and no one else', async (t) => {
  for (const aud of [
    undefined,
    null,
    '',
    7,
    {},
    [],
    [ISSUER, `${ISSUER}/token`],
    [ISSUER, 'https://other.example'],
    [[ISSUER]],
    'https://auth.example.com/',
    'https://AUTH.example.com',
    'https://auth.example.com/token/',
    'https://auth.example.com/authorize',
    'https://other.example',
    `${ISSUER} https://other.example`,
  ]) {
    t.match(check({ aud }), { ok: false, error: /^aud of the assertion/ }, JSON.stringify(aud) ?? 'undefined')
  }
})

t.test('T10: an assertion that can’t be read is refused like one of another client', (t) => {
  t.same(checkAssertionClaims(undefined, CLIENT_ID, AUDIENCE, NOW), check({ iss: 'other' }))
  t.end()
})

t.test('T10: iss and sub are the client, the times are sane, and there is a jti', async (t) => {
  const cases: readonly [change: Record<string, unknown>, reason: RegExp][] = [
    [{ iss: 'other' }, /^iss and sub/],
    [{ sub: 'other' }, /^iss and sub/],
    [{ iss: undefined }, /^iss and sub/],
    [{ exp: undefined }, /has no exp$/],
    [{ exp: String(SECONDS + 60) }, /has no exp$/],
    [{ exp: SECONDS - 30 }, /has expired/],
    [{ exp: SECONDS + 3631 }, /more than an hour ahead$/],
    [{ exp: Infinity }, /more than an hour ahead$/],
    [{ iat: SECONDS + 31 }, /^iat/],
    [{ iat: SECONDS - 3631 }, /^iat/],
    [{ iat: 'now' }, /^iat/],
    [{ nbf: SECONDS + 31 }, /^nbf/],
    [{ nbf: null }, /^nbf/],
    [{ jti: undefined }, /no jti/],
    [{ jti: '' }, /no jti/],
    [{ jti: 7 }, /no jti/],
    [{ jti: 'a'.repeat(257) }, /no jti/],
  ]
  for (const [change, reason] of cases) {
    const checked = check(change)
    t.match(checked.ok ? '' : checked.error, reason, JSON.stringify(change))
  }
  for (const change of [
    { exp: SECONDS - 29 },
    { exp: SECONDS + 3630 },
    { iat: undefined },
    { iat: SECONDS + 30 },
    { iat: SECONDS - 3630 },
    { nbf: SECONDS + 30 },
    { nbf: 0 },
    { jti: 'a'.repeat(256) },
  ]) {
    t.match(check(change), { ok: true }, JSON.stringify(change))
  }
})

t.test('a jti is only used up for its own client', async (t) => {
  const id = (clientId: string, jti: string) => {
    const checked = checkAssertionClaims({ ...CLAIMS, iss: clientId, sub: clientId, jti }, clientId, AUDIENCE, NOW)
    return checked.ok ? checked.value.replayId : undefined
  }
  t.equal(id('a', 'one'), id('a', 'one'))
  t.equal(new Set([id('a', 'one'), id('b', 'one'), id('a', 'two'), id('a","one', ''), id('a', '"one')]).size, 5)
})

t.test('the subject of an assertion is read before it is verified', async (t) => {
  t.equal(assertionSubject(jwt(CLAIMS)), CLIENT_ID)
  for (const raw of ['', 'a', 'a.b.c', jwt(null), jwt('text'), jwt([CLAIMS]), jwt({}), jwt({ sub: 7 }), jwt({ sub: '' })])
    t.equal(assertionSubject(raw), undefined, raw)
})

t.test('credentials are an assertion if the form holds one', async (t) => {
  const assertion = jwt(CLAIMS)
  const form = { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE }
  const expected = {
    ok: true as const,
    value: { clientId: CLIENT_ID, clientSecret: undefined, assertion, method: 'private_key_jwt' as const },
  }
  t.same(readCredentials(undefined, form), expected)
  t.same(readCredentials(undefined, { ...form, client_id: CLIENT_ID, client_secret: '' }), expected)
  t.same(readCredentials('Bearer abc', form), expected, 'a token is no client credential')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-2.3
//# The client MUST NOT use more than one authentication method in each request.
t.test('an assertion together with a secret is refused, and so is half an assertion', async (t) => {
  const form = { client_assertion: jwt(CLAIMS), client_assertion_type: ASSERTION_TYPE }
  const cases: readonly [authorization: string | undefined, form: Record<string, unknown>, code: string][] = [
    [undefined, { ...form, client_secret: 'secret' }, 'invalid_request'],
    ['Basic YTpi', form, 'invalid_request'],
    [undefined, { ...form, client_id: 'other' }, 'invalid_client'],
    [undefined, { ...form, client_assertion: undefined }, 'invalid_client'],
    [undefined, { ...form, client_assertion: '' }, 'invalid_client'],
    [undefined, { ...form, client_assertion: [form.client_assertion, form.client_assertion] }, 'invalid_client'],
    [undefined, { ...form, client_assertion: jwt({}) }, 'invalid_client'],
    [undefined, { ...form, client_assertion_type: undefined, client_id: CLIENT_ID }, 'invalid_client'],
    [undefined, { ...form, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }, 'invalid_client'],
    [undefined, { ...form, client_assertion_type: [ASSERTION_TYPE, ASSERTION_TYPE] }, 'invalid_client'],
  ]
  for (const [authorization, members, code] of cases)
    t.match(readCredentials(authorization, members), { ok: false, error: { code } }, JSON.stringify(members))
})

t.test('T10: an assertion is only valid for a client that registered private_key_jwt, and no other method replaces it', async (t) => {
  const byAssertion = { clientId: CLIENT_ID, clientSecret: undefined, assertion: jwt(CLAIMS), method: 'private_key_jwt' } as const
  const byNothing = { clientId: CLIENT_ID, clientSecret: undefined, method: 'none' } as const
  const bySecret = { clientId: CLIENT_ID, clientSecret: 'secret', method: 'client_secret_post' } as const
  const keyed = sampleClient({ metadata: { tokenEndpointAuthMethod: 'private_key_jwt' } })
  const both = sampleClient({ metadata: { tokenEndpointAuthMethod: 'private_key_jwt', authMethods: ['private_key_jwt', 'none'] } })
  const open = sampleClient()

  t.match(verifyClient(keyed, byAssertion, NOW), { ok: true })
  t.match(verifyClient(keyed, byNothing, NOW), {
    ok: false,
    error: { code: 'invalid_client', detail: 'the client must authenticate by private_key_jwt' },
  })
  t.match(verifyClient(keyed, bySecret, NOW), { ok: false, error: { code: 'invalid_client' } })
  t.match(verifyClient(both, byAssertion, NOW), { ok: true })
  t.match(verifyClient(both, byNothing, NOW), { ok: true })
  t.match(verifyClient(open, byAssertion, NOW), { ok: false, error: { detail: 'the client did not register private_key_jwt' } })
  t.match(verifyClient({ ...keyed, disabledAt: 1 }, byAssertion, NOW), { ok: false, error: { code: 'invalid_client' } })
  t.match(verifyClient(undefined, byAssertion, NOW), { ok: false, error: { code: 'invalid_client' } })
})

t.test('where the issuer alone counts, it must be the whole aud, as a string', async (t) => {
  const strictly = (aud: unknown) => checkAssertionClaims({ ...CLAIMS, aud }, CLIENT_ID, [ISSUER], NOW)
  t.match(strictly(ISSUER), { ok: true })
  for (const aud of [[ISSUER], [], `${ISSUER}/token`, `${ISSUER}/par`, [`${ISSUER}/token`], undefined, `${ISSUER}/`])
    t.match(
      strictly(aud),
      { ok: false, error: `aud of the assertion must be ${ISSUER}, and nothing else` },
      JSON.stringify(aud) ?? 'undefined',
    )
})
