/** Which tokens that are bound to a key a resource server accepts, and which it refuses (RFC 9449 section 7). */
import Fastify from 'fastify'
import t from 'tap'
import resourceServer, { createGuard, createVerifier } from '#src/resource-server/index.ts'
import type { ResourceServerOptions } from '#src/resource-server/index.ts'
import { createUsedProofs } from '#src/resource-server/used-proofs.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import type { ProofKey } from '#test/support/clients/dpop.ts'
import { RESOURCE, createIssuer } from '#test/support/providers/issuer.ts'

const POINTER =
  'DPoP resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", algs="ES256 Ed25519 EdDSA RS256 PS256"'
const SECRET = 'a secret of the nodes of one resource'

async function setUp(more: Partial<ResourceServerOptions> = {}) {
  const issuer = await createIssuer()
  const key = await createProofKey(() => issuer.clock.now)
  const options = { ...issuer.options(), ...more }
  const guard = createGuard(options)
  const bound = (by: ProofKey = key, claims: Record<string, unknown> = {}) => issuer.sign({ cnf: { jkt: by.jkt }, ...claims })
  const ask = (token: string, dpop: string | undefined, { scheme = 'DPoP', scope = 'planets:read', url = '/mcp', method = 'POST' } = {}) =>
    guard({ method, url, headers: { authorization: `${scheme} ${token}`, dpop } }, scope)
  /** With a valid proof, except for `claims`. */
  const prove = async (token: string, claims: Record<string, unknown> = {}, by: ProofKey = key) =>
    ask(token, await by.prove('POST', RESOURCE, { ...ath(token), ...claims }))
  return { issuer, options, key, bound, ask, prove }
}

//= https://www.rfc-editor.org/rfc/rfc9449#section-7.1
//# The resource server MUST NOT grant access to the resource unless all checks are successful.
t.test('a client gets through with its token and a proof for this very request', async (t) => {
  const { bound, prove, ask, key, issuer } = await setUp()
  const token = await bound()
  t.match(await prove(token), { ok: true, accessToken: { token, subject: 'helen', extra: { cnf: { jkt: key.jkt } } } })
  t.match(
    await ask(token, await key.prove('POST', RESOURCE, ath(token)), { scheme: 'dpop', url: '/mcp?session=1' }),
    { ok: true },
    'a query does not count',
  )
  const stranger = await createProofKey(() => issuer.clock.now)
  const now = issuer.clock.now / 1000
  for (const decision of [await ask(token, undefined), await prove(token, {}, stranger)]) {
    t.match(decision, {
      ok: false,
      status: 401,
      headers: { 'www-authenticate': `${POINTER}, scope="planets:read", error="invalid_token"` },
      body: /no DPoP proof was made with/,
    })
  }
  const refused: [about: string, decision: Promise<unknown>, description: RegExp][] = [
    [
      'two proofs',
      ask(token, `${await key.prove('POST', RESOURCE, ath(token))}, ${await key.prove('POST', RESOURCE, ath(token))}`),
      /must be one JWT/,
    ],
    ['method', prove(token, { htm: 'GET' }), /htm/],
    ['path', prove(token, { htu: `${RESOURCE}/other` }), /htu of the DPoP proof must be https:\/\/mcp\.example\.com\/mcp"/],
    ['host', prove(token, { htu: 'https://other.example/mcp' }), /htu/],
    ['no hash', prove(token, { ath: undefined }), /ath/],
    ['another token', prove(token, ath(await bound(key, { jti: 'another' }))), /ath/],
    ['time', prove(token, { iat: now - 301 }), /iat/],
    [
      'an absolute address',
      ask(token, await key.prove('POST', 'https://evil.example/mcp', ath(token)), { url: 'https://evil.example/mcp' }),
      /htu/,
    ],
    [
      'another host by its path',
      ask(token, await key.prove('POST', 'https://evil.example/mcp', ath(token)), { url: '@evil.example/mcp' }),
      /htu/,
    ],
  ]
  for (const [about, decision, description] of refused) {
    t.match(
      await decision,
      { ok: false, status: 401, headers: { 'www-authenticate': `${POINTER}, scope="planets:read", error="invalid_dpop_proof"` } },
      about,
    )
    t.match(await decision, { body: description }, about)
  }
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-7.2
//# such a protected resource MUST reject a DPoP-bound access token received as a bearer token
t.test('a bound token is no bearer token, a bearer token no bound one, and other bindings are unknown', async (t) => {
  const { bound, ask, prove, issuer, key } = await setUp()
  const token = await bound()
  const asBearer = await ask(token, await key.prove('POST', RESOURCE, ath(token)), { scheme: 'Bearer' })
  t.match(asBearer, {
    ok: false,
    status: 401,
    headers: { 'www-authenticate': /^Bearer .*error="invalid_token"/ },
    body: /is bound to a key/,
  })
  t.match(await prove(await issuer.sign()), {
    ok: false,
    status: 401,
    headers: { 'www-authenticate': /^DPoP .*error="invalid_token"/ },
    body: /bound to no key/,
  })
  for (const cnf of [{ 'x5t#S256': 'x' }, { jkt: key.jkt, 'x5t#S256': 'x' }, null])
    t.match(await prove(await issuer.sign({ cnf })), { ok: false, body: /in a way that is not known here/ })
})

t.test('an opaque token is bound as the issuer says', async (t) => {
  const opaque = 'o'.repeat(43)
  const { issuer, key, prove, ask } = await setUp({ introspection: { clientId: 'resource_x', clientSecret: 'a secret' } })
  issuer.answers['/introspect'] = () => ({ active: true, ...issuer.claims({ cnf: { jkt: key.jkt } }) })
  t.match(await prove(opaque), { ok: true, accessToken: { subject: 'helen' } })
  t.match(await prove(opaque, {}, await createProofKey(() => issuer.clock.now)), { ok: false, status: 401, body: /invalid_token/ })
  t.match(await ask(opaque, undefined, { scheme: 'Bearer' }), { ok: false, status: 401, body: /is bound to a key/ })
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-11.1
//# HTTP requests to the same URI for which the jti value has been seen before would be declined.
t.test('a proof is accepted once, and forgotten when it expires', async (t) => {
  const { bound, prove, issuer } = await setUp()
  const token = await bound()
  t.match(await prove(token, { jti: 'once' }), { ok: true })
  t.match(await prove(token, { jti: 'once' }), { ok: false, status: 401, body: /already used/ })
  t.match(await prove(token, { jti: 'another' }), { ok: true })
  issuer.clock.now += 301_000
  for (const ok of [true, false]) t.match(await prove(token, { jti: 'once' }), { ok }, 'remembered anew')
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-9
//# Resource servers can also choose to provide a nonce value to be included in DPoP proofs sent to them.
t.test('where nonces are required, a client gets one that all nodes of the resource accept', async (t) => {
  const { bound, prove, ask, issuer, options, key } = await setUp({ dpopNonceSecret: SECRET })
  const token = await bound()
  const asked = await prove(token)
  t.match(asked, {
    ok: false,
    status: 401,
    headers: {
      'www-authenticate': `${POINTER}, scope="planets:read", error="use_dpop_nonce"`,
      'access-control-expose-headers': /DPoP-Nonce/,
    },
  })
  const nonce = asked.headers['dpop-nonce']!
  t.match(await prove(token, { nonce }), { ok: true, headers: { 'dpop-nonce': nonce } })
  const other = createVerifier({ ...options })
  t.match(
    await other.verifyAccessToken(token, {
      proof: await key.prove('POST', RESOURCE, { ...ath(token), nonce }),
      method: 'POST',
      url: '/mcp',
    }),
    { ok: true },
  )
  t.match(await prove(token, { nonce: `${nonce}x` }), { ok: false, body: /use_dpop_nonce/ })
  issuer.clock.now += 10 * 60_000
  t.match(await prove(token, { nonce }), { ok: false, body: /use_dpop_nonce/ }, 'an old one')
  t.notOk('dpop-nonce' in (await ask(await issuer.sign(), undefined, { scheme: 'Bearer' })).headers, 'bearer tokens need none')
  t.throws(() => createVerifier({ ...options, dpopNonceSecret: 'short' }), { name: 'TypeError', message: /^dpopNonceSecret must have/ })
})

t.test('a client with a bound token of too little scope reads so in its own scheme', async (t) => {
  const { bound, ask, key } = await setUp()
  const token = await bound()
  t.match(await ask(token, await key.prove('POST', RESOURCE, ath(token)), { scope: 'comets:write' }), {
    status: 403,
    headers: { 'www-authenticate': /^DPoP .*scope="planets:read comets:write", error="insufficient_scope"/ },
  })
})

t.test('the number of remembered proofs is limited; the oldest are dropped', async (t) => {
  const used = createUsedProofs({ limit: 3 })
  const use = (id: string, expiresAt: number, now: number) => used(id, expiresAt, now, `key of ${id}`)
  for (const id of ['a', 'b', 'c']) t.ok(use(id, 100, 0))
  for (const id of ['a', 'b', 'c']) t.notOk(use(id, 100, 99))
  t.ok(use('d', 100, 0))
  t.notOk(use('c', 100, 0))
  t.ok(use('a', 100, 0), 'made room for the fourth')
  t.ok(use('c', 200, 100), 'over')
})

// threat-model.md T19
t.test('a client with one token cannot make room for a replay of the proofs of others', async (t) => {
  const use = createUsedProofs({ limit: 100, perKey: 50, share: 2 })
  t.ok(use('stolen', 100, 0, 'victim'))
  for (let i = 0; i < 50; i++) t.ok(use(`one ${i}`, 100, 0, 'one'))
  t.notOk(use('one more', 100, 0, 'one'), 'a key has its bound')
  for (let i = 0; i < 49; i++) t.ok(use(`two ${i}`, 100, 0, 'two'))
  for (let i = 0; i < 1000; i++) use(`two ${49 + i}`, 100, 0, 'two')
  t.notOk(use('stolen', 100, 0, 'victim'), 'it is remembered still')
  t.ok(use('honest', 100, 0, 'somebody else'), 'and others have room')
  t.ok(use('one again', 200, 100, 'one'), 'a key has room again once its proofs are over')
  t.ok(use('stolen', 200, 100, 'victim'))
})

t.test('a proof that expired before older ones can be used again, and counts once', async (t) => {
  const use = createUsedProofs({ perKey: 2 })
  t.ok(use('long', 100, 0, 'key'))
  t.ok(use('short', 10, 0, 'key'))
  t.ok(use('short', 110, 20, 'key'))
  t.notOk(use('third', 110, 20, 'key'))
})

t.test('a Fastify server checks proofs against its resource, not against Host', async (t) => {
  const { options, bound, key } = await setUp()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resourceServer, options)
  app.post('/mcp', { preHandler: app.requireScope('planets:read') }, async (request) => request.accessToken?.subject)
  const token = await bound()
  const ask = async (htu: string) =>
    app.inject({
      method: 'POST',
      url: '/mcp',
      headers: { host: 'evil.example', authorization: `DPoP ${token}`, dpop: await key.prove('POST', htu, ath(token)) },
    })
  t.equal((await ask(RESOURCE)).body, 'helen')
  t.equal((await ask('http://evil.example/mcp')).statusCode, 401)
})
