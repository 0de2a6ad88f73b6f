/** Tokens with introspection (RFC 7662): revoked ones end early, and opaque ones work. */
import t from 'tap'
import { createVerifier } from '#src/resource-server/index.ts'
import { RESOURCE, createIssuer } from '#test/support/issuer.ts'

/** An issuer that knows one opaque token, with credentials that need encoding. */
async function setUp(maxAge?: number) {
  const issuer = await createIssuer()
  const calls: RequestInit[] = []
  const active = { active: true, token_type: 'Bearer', ...issuer.claims() }
  const state: { answer: object } = { answer: active }
  issuer.answers['/introspect'] = (init) => {
    calls.push(init)
    return state.answer
  }
  const introspection = { clientId: 'https://mcp.example.com/mcp', clientSecret: 'a+secret', ...(maxAge !== undefined && { maxAge }) }
  const { verifyAccessToken } = createVerifier({ ...issuer.options(), introspection })
  const outcome = async (token: string) => {
    const verified = await verifyAccessToken(token)
    return verified.ok ? 'ok' : verified.error.code
  }
  return { issuer, calls, active, state, verifyAccessToken, outcome }
}

t.test('an opaque token is good if the issuer, asked with the credentials of the resource, says so', async (t) => {
  const { calls, verifyAccessToken } = await setUp()
  t.match(await verifyAccessToken('opaque'), {
    ok: true,
    value: { token: 'opaque', subject: 'helen', clientId: 'client_planets', scopes: ['planets:read'] },
  })
  const expected = `Basic ${Buffer.from('https%3A%2F%2Fmcp.example.com%2Fmcp:a%2Bsecret').toString('base64')}`
  t.match(calls, [{ method: 'POST', redirect: 'manual', headers: { authorization: expected } }])
  t.equal(String(calls[0]?.body), 'token=opaque&token_type_hint=access_token')
})

t.test('an opaque token is checked by the same rules as a JWT', async (t) => {
  const { issuer, active, state, verifyAccessToken } = await setUp(0)
  const now = issuer.clock.now / 1000
  const refused: [object, RegExp][] = [
    [{ active: false }, /unknown, expired or revoked/],
    [{ ...active, aud: 'https://other.example' }, /another resource/],
    [{ ...active, iss: 'https://evil.example' }, /another issuer/],
    [{ ...active, exp: now - 5 }, /expired/],
    [{ ...active, nbf: now + 6 }, /not valid yet/],
    [{ ...active, nbf: 'tomorrow' }, /not valid yet/],
    [{ ...active, cnf: { jkt: 'a thumbprint' } }, /bound to a key/],
  ]
  for (const [answer, description] of refused) {
    state.answer = answer
    t.match(await verifyAccessToken('opaque'), { ok: false, error: { code: 'invalid_token', description } }, String(description))
  }
  const { iss: _iss, ...unnamed } = active as { iss?: unknown }
  state.answer = unnamed
  t.match(await verifyAccessToken('opaque'), { ok: true }, 'who answers is the issuer, named or not')
})

t.test('a revoked JWT ends within thirty seconds, a forged one is never asked about', async (t) => {
  const { issuer, calls, state, outcome } = await setUp()
  const token = await issuer.sign()
  t.equal(await outcome(token), 'ok')
  state.answer = { active: false }
  issuer.clock.now += 29_000
  t.equal(await outcome(token), 'ok')
  issuer.clock.now += 1000
  t.equal(await outcome(token), 'invalid_token')
  t.equal(calls.length, 2)
  t.equal(await outcome(`${token}A`), 'invalid_token')
  t.equal(await outcome(await issuer.sign({ aud: 'https://other.example' })), 'invalid_token')
  t.equal(await outcome('x'.repeat(20_000)), 'invalid_token', 'nor is one that is longer than any')
  t.equal(calls.length, 2)
})

t.test('fifty requests with one token ask once; with maxAge 0 each asks', async (t) => {
  const { issuer, calls, outcome } = await setUp()
  const token = await issuer.sign()
  t.strictSame(new Set(await Promise.all(Array.from({ length: 50 }, () => outcome(token)))), new Set(['ok']))
  t.equal(calls.length, 1)
  const careful = await setUp(0)
  for (let i = 0; i < 3; i++) t.equal(await careful.outcome('opaque'), 'ok')
  t.equal(careful.calls.length, 3)
})

t.test('an issuer that gives no usable answer leaves the token undecided, and is asked again at once', async (t) => {
  const { issuer, state, active, verifyAccessToken } = await setUp()
  const token = await issuer.sign()
  t.match(await verifyAccessToken(token), { ok: true })
  issuer.clock.now += 30_000
  for (const answer of [
    new Response('{"error":"invalid_client"}', { status: 401 }),
    new Response('', { status: 503 }),
    { active: 'yes' },
    new Response('no'),
  ]) {
    state.answer = answer
    t.match(await verifyAccessToken(token), {
      ok: false,
      error: { code: 'temporarily_unavailable', cause: { message: /the introspection endpoint answered/ } },
    })
  }
  issuer.down = true
  t.match(await verifyAccessToken(token), { ok: false, error: { code: 'temporarily_unavailable' } })
  issuer.down = false
  state.answer = active
  t.match(await verifyAccessToken(token), { ok: true })
})

t.test('without an introspection endpoint, nothing is decided', async (t) => {
  const { issuer, verifyAccessToken } = await setUp()
  delete issuer.metadata['introspection_endpoint']
  t.match(await verifyAccessToken('opaque'), {
    ok: false,
    error: { code: 'temporarily_unavailable', cause: { message: /has no introspection_endpoint/ } },
  })
})

t.test('a crowd of unknown tokens does not fill the memory: the oldest answers are dropped', async (t) => {
  const { issuer, calls, active, state, outcome } = await setUp()
  t.equal(await outcome('opaque'), 'ok')
  state.answer = { active: false }
  await Promise.all(Array.from({ length: 5000 }, (_, i) => outcome(`strange ${i}`)))
  t.equal(calls.length, 5001)
  state.answer = { ...active, aud: RESOURCE }
  t.equal(await outcome('opaque'), 'ok')
  t.equal(calls.length, 5002)
  t.equal(await outcome('strange 4999'), 'invalid_token')
  t.equal(calls.length, 5002, 'newer ones are remembered')
  t.ok(issuer.requests.length > 5000)
})
