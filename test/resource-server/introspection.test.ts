/** Tokens with introspection (RFC 7662): revoked ones end early, and opaque ones work. */
import t from 'tap'
import { createVerifier } from '#src/resource-server/index.ts'
import { RESOURCE, createIssuer } from '#test/support/providers/issuer.ts'

/** What this server's opaque tokens look like. */
const OPAQUE = 'o'.repeat(43)
/** A token that nobody issued. */
const strange = (i: number) => `strange-${i}`.padEnd(43, '-')

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
  t.match(await verifyAccessToken(OPAQUE), {
    ok: true,
    value: { token: OPAQUE, subject: 'helen', clientId: 'client_planets', scopes: ['planets:read'] },
  })
  const expected = `Basic ${Buffer.from('https%3A%2F%2Fmcp.example.com%2Fmcp:a%2Bsecret').toString('base64')}`
  t.match(calls, [{ method: 'POST', redirect: 'manual', headers: { authorization: expected } }])
  t.equal(String(calls[0]?.body), `token=${OPAQUE}&token_type_hint=access_token`)
})

t.test('a token that somebody made for a script is asked about, and what only looks like one is not', async (t) => {
  const { calls, outcome } = await setUp()
  t.equal(await outcome(`ssp_${'0'.repeat(49)}`), 'ok')
  for (const wrong of [`ssp_${'0'.repeat(48)}`, `ssp_${'-'.repeat(49)}`]) t.equal(await outcome(wrong), 'invalid_token')
  t.equal(calls.length, 1)
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
    t.match(await verifyAccessToken(OPAQUE), { ok: false, error: { code: 'invalid_token', description } }, String(description))
  }
  const { iss: _iss, ...unnamed } = active as { iss?: unknown }
  state.answer = unnamed
  t.match(await verifyAccessToken(OPAQUE), { ok: true }, 'who answers is the issuer, named or not')
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
  // Nothing is verified before an opaque one is asked about, so all of them come while the first is under way.
  const opaque = await setUp()
  t.strictSame(new Set(await Promise.all(Array.from({ length: 50 }, () => opaque.outcome(OPAQUE)))), new Set(['ok']))
  t.equal(opaque.calls.length, 1)
  const careful = await setUp(0)
  for (let i = 0; i < 3; i++) t.equal(await careful.outcome(OPAQUE), 'ok')
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
  t.match(await verifyAccessToken(OPAQUE), {
    ok: false,
    error: { code: 'temporarily_unavailable', cause: { message: /has no introspection_endpoint/ } },
  })
})

t.test('a crowd of unknown tokens does not fill the memory, nor forget the tokens that are good', async (t) => {
  const { issuer, calls, active, state, outcome } = await setUp()
  t.equal(await outcome(OPAQUE), 'ok')
  state.answer = { active: false }
  for (let i = 0; i < 6000; i += 100) await Promise.all(Array.from({ length: 100 }, (_, at) => outcome(strange(i + at))))
  t.equal(calls.length, 6001)
  state.answer = { ...active, aud: RESOURCE }
  t.equal(await outcome(OPAQUE), 'ok')
  t.equal(await outcome(strange(5999)), 'invalid_token')
  t.equal(calls.length, 6001, 'neither is asked about again')
  t.equal(await outcome(strange(0)), 'ok')
  t.equal(calls.length, 6002, 'the oldest refusals are dropped')
  t.ok(issuer.requests.length > 6000)
})

t.test('the oldest answers about good tokens are dropped', async (t) => {
  const { calls, outcome } = await setUp()
  for (let i = 0; i < 5100; i += 100) await Promise.all(Array.from({ length: 100 }, (_, at) => outcome(strange(i + at))))
  t.equal(calls.length, 5100)
  t.equal(await outcome(strange(5099)), 'ok')
  t.equal(calls.length, 5100)
  t.equal(await outcome(strange(0)), 'ok')
  t.equal(calls.length, 5101)
})

// threat-model.md T18
t.test('what cannot be a token of this server is refused without a question', async (t) => {
  const { calls, outcome } = await setUp()
  for (const junk of [
    'junk',
    'o'.repeat(42),
    'o'.repeat(44),
    `${'o'.repeat(42)}.`,
    `${'o'.repeat(42)}+`,
    `${OPAQUE}\n`,
    ` ${OPAQUE}`,
    'é'.repeat(43),
    'a.b',
    '',
  ])
    t.equal(await outcome(junk), 'invalid_token', junk)
  t.equal(calls.length, 0)
})

t.test('an issuer of another make has opaque tokens of another form', async (t) => {
  const { issuer, calls } = await setUp()
  const introspection = { clientId: 'a', clientSecret: 'b', opaqueTokens: /^opq_[a-z]+$/g }
  const { verifyAccessToken } = createVerifier({ ...issuer.options(), introspection })
  for (let i = 0; i < 3; i++) t.match(await verifyAccessToken('opq_helen'), { ok: true })
  t.match(await verifyAccessToken(OPAQUE), { ok: false })
  t.equal(calls.length, 1)
})

/** An issuer that answers only when a test says so. */
async function setUpSlow() {
  const issuer = await createIssuer()
  const waiting: (() => void)[] = []
  const introspection = { clientId: 'a', clientSecret: 'b' }
  const slow: typeof fetch = async (input, init) => {
    if (String(input).endsWith('/introspect')) await new Promise<void>((resolve) => waiting.push(resolve))
    return issuer.options().fetch!(input, init)
  }
  issuer.answers['/introspect'] = () => ({ active: true, ...issuer.claims() })
  const { verifyAccessToken } = createVerifier({ ...issuer.options(), introspection, fetch: slow })
  /** Until so many questions wait for their answer, and a little longer. */
  const settle = async (expected = 0) => {
    for (let i = 0; i < 1000 && waiting.length < expected; i++) await new Promise((resolve) => setTimeout(resolve, 1))
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  const release = async () => {
    while (waiting.length > 0) {
      for (const answer of waiting.splice(0)) answer()
      await settle()
    }
  }
  return { issuer, waiting, verifyAccessToken, settle, release }
}

t.test('a crowd with junk of the right form becomes few questions, and does not delay those with a signed token', async (t) => {
  const { issuer, waiting, verifyAccessToken, settle, release } = await setUpSlow()
  const crowd = Array.from({ length: 2000 }, (_, i) => verifyAccessToken(strange(i)))
  await settle()
  t.equal(waiting.length, 16)
  const signed = verifyAccessToken(await issuer.sign())
  await settle(17)
  t.equal(waiting.length, 17)
  await release()
  t.match(await signed, { ok: true })
  const outcomes = (await Promise.all(crowd)).map((verified) => (verified.ok ? 'ok' : verified.error.code))
  t.equal(outcomes.filter((outcome) => outcome === 'ok').length, 116, 'as many as are asked about, or wait')
  t.equal(outcomes.filter((outcome) => outcome === 'temporarily_unavailable').length, 1884, 'nobody loses a token by it')
})

t.test('a token that was good is asked about again before those of strangers', async (t) => {
  const { issuer, waiting, verifyAccessToken, settle, release } = await setUpSlow()
  const first = verifyAccessToken(OPAQUE)
  await settle()
  await release()
  t.match(await first, { ok: true })
  issuer.clock.now += 31_000
  const crowd = Array.from({ length: 200 }, (_, i) => verifyAccessToken(strange(i)))
  await settle()
  const again = verifyAccessToken(OPAQUE)
  await settle(17)
  t.equal(waiting.length, 17)
  await release()
  t.match(await again, { ok: true })
  await Promise.all(crowd)
})

t.test('more signed tokens than are asked about at once wait their turn', async (t) => {
  const { issuer, waiting, verifyAccessToken, settle, release } = await setUpSlow()
  const tokens = await Promise.all(Array.from({ length: 80 }, (_, i) => issuer.sign({ jti: String(i) })))
  const verified = tokens.map((token) => verifyAccessToken(token))
  await settle(64)
  t.equal(waiting.length, 64)
  await release()
  t.ok((await Promise.all(verified)).every(({ ok }) => ok))
})
