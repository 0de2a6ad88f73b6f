/** Which access tokens a resource server accepts, and which it refuses (RFC 9068 section 4; threat-model.md T11, T13). */
import { SignJWT, UnsecuredJWT, generateKeyPair } from 'jose'
import t from 'tap'
import { createVerifier } from '#src/resource-server/index.ts'
import type { VerifierOptions } from '#src/resource-server/index.ts'
import { ISSUER, RESOURCE, createIssuer } from '#test/support/providers/issuer.ts'
import type { Issuer } from '#test/support/providers/issuer.ts'

const verifierOf = (issuer: Issuer, more: Partial<VerifierOptions> = {}) => createVerifier({ ...issuer.options(), ...more })

t.test('a good token names the user, the app, the scopes and the expiry, in the form that the MCP SDK hands to tools', async (t) => {
  const issuer = await createIssuer()
  const token = await issuer.sign({ scope: 'planets:read comets:write' })
  const verified = await verifierOf(issuer).verifyAccessToken(token)
  t.strictSame(verified, {
    ok: true,
    value: {
      token,
      subject: 'helen',
      clientId: 'client_planets',
      scopes: ['planets:read', 'comets:write'],
      expiresAt: issuer.clock.now / 1000 + 3600,
      resource: new URL(RESOURCE),
      extra: issuer.claims({ scope: 'planets:read comets:write' }),
    },
  })
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-4
//# The resource server MUST validate that the "aud" claim contains a resource indicator value corresponding to an identifier the resource server expects for itself.
t.test('a token for several resources is good at each; only a slash as an empty path makes no difference', async (t) => {
  const issuer = await createIssuer()
  const accepts = async (aud: string | string[], resource = RESOURCE) =>
    (await verifierOf(issuer, { resource }).verifyAccessToken(await issuer.sign({ aud }))).ok
  t.ok(await accepts(['https://other.example', RESOURCE]))
  t.ok(await accepts('https://mcp.example.com/', 'https://mcp.example.com'))
  t.ok(await accepts('https://mcp.example.com', 'https://mcp.example.com/'))
  t.notOk(await accepts(`${RESOURCE}/`))
  t.notOk(await accepts('https://mcp.example.com'))
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-4
//# The issuer identifier for the authorization server (which is typically obtained during discovery) MUST exactly match the value of the "iss" claim.
//= https://www.rfc-editor.org/rfc/rfc9068#section-4
//# The current time MUST be before the time represented by the "exp" claim.
t.test('a token that is not for this resource, from this issuer, and valid now is refused with the reason', async (t) => {
  const issuer = await createIssuer()
  const { verifyAccessToken } = verifierOf(issuer)
  const now = issuer.clock.now / 1000
  const refused: [Parameters<Issuer['sign']>[0], RegExp][] = [
    [{ aud: 'https://other.example/mcp' }, /another resource/],
    [{ aud: [] }, /another resource/],
    [{ aud: undefined }, /another resource/],
    [{ iss: 'https://evil.example' }, /another issuer/],
    [{ iss: `${ISSUER}/` }, /another issuer/],
    [{ iss: undefined }, /another issuer/],
    [{ exp: now - 5 }, /expired/],
    [{ exp: undefined }, /expired/],
    [{ nbf: now + 6 }, /invalid/],
    [{ cnf: { jkt: 'a thumbprint' } }, /bound to a key/],
    [{ sub: undefined }, /names no subject/],
    [{ client_id: undefined }, /names no subject or no client/],
  ]
  for (const [claims, description] of refused) {
    t.match(
      await verifyAccessToken(await issuer.sign(claims)),
      { ok: false, error: { code: 'invalid_token', description } },
      JSON.stringify(claims),
    )
  }
  t.match(await verifyAccessToken(await issuer.sign({ exp: now - 4, nbf: now + 5 })), { ok: true }, 'clocks may be a little apart')
  t.match(await verifyAccessToken(await issuer.sign({ scope: undefined })), { ok: true, value: { scopes: [] } })
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-4
//# The resource server MUST verify that the "typ" header value is "at+jwt" or "application/at+jwt" and reject tokens carrying any other value.
t.test('an id_token is no access token, even for an app whose client id is the address of the resource', async (t) => {
  const issuer = await createIssuer()
  const { verifyAccessToken } = verifierOf(issuer)
  for (const typ of ['JWT', 'jwt', undefined])
    t.match(await verifyAccessToken(await issuer.sign({}, { typ })), { ok: false, error: { code: 'invalid_token' } }, String(typ))
  t.match(await verifyAccessToken(await issuer.sign({}, { typ: 'application/at+jwt' })), { ok: true })
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-4
//# The resource server MUST reject any JWT in which the value of "alg" is "none".
t.test('T11: neither alg none, nor a secret made of a public key, nor a key inside the token is trusted', async (t) => {
  const issuer = await createIssuer()
  const { verifyAccessToken } = verifierOf(issuer)
  const stranger = await generateKeyPair('ES256')
  const header = { typ: 'at+jwt', kid: 'one' }
  const secret = new TextEncoder().encode(JSON.stringify(issuer.jwk()))
  const forged = {
    none: new UnsecuredJWT(issuer.claims()).encode(),
    HS256: await new SignJWT(issuer.claims()).setProtectedHeader({ ...header, alg: 'HS256' }).sign(secret),
    stranger: await new SignJWT(issuer.claims()).setProtectedHeader({ ...header, alg: 'ES256' }).sign(stranger.privateKey),
    jwk: await new SignJWT(issuer.claims()).setProtectedHeader({ ...header, alg: 'ES256', jwk: issuer.jwk() }).sign(stranger.privateKey),
    jku: await new SignJWT(issuer.claims())
      .setProtectedHeader({ ...header, alg: 'ES256', jku: 'https://evil.example/jwks' })
      .sign(stranger.privateKey),
  }
  for (const [name, token] of Object.entries(forged))
    t.match(await verifyAccessToken(token), { ok: false, error: { code: 'invalid_token' } }, name)
  t.notOk(issuer.requests.some((url) => url.includes('evil')))
  issuer.jwks = { keys: [{ ...issuer.jwk(), alg: 'ES384' }] }
  t.match(
    await verifierOf(issuer).verifyAccessToken(await issuer.sign()),
    { ok: false, error: { code: 'invalid_token' } },
    'the key says the algorithm',
  )
})

t.test('a token that names no key is good if there is exactly one key', async (t) => {
  const issuer = await createIssuer()
  const token = await issuer.sign({}, { kid: undefined })
  t.match(await verifierOf(issuer).verifyAccessToken(token), { ok: true })
  issuer.jwks = { keys: [issuer.jwk(), { ...issuer.jwk(), kid: 'two' }] }
  t.match(await verifierOf(issuer).verifyAccessToken(token), { ok: false, error: { code: 'invalid_token' } })
})

t.test('T13: a token with anything cut off or added, or that is too long, is refused', async (t) => {
  const issuer = await createIssuer()
  const { verifyAccessToken } = verifierOf(issuer)
  const token = await issuer.sign()
  for (const broken of [
    '',
    '..',
    'opaque',
    token.slice(0, -1),
    `${token}A`,
    `${token}.x`,
    token.split('.').slice(0, 2).join('.'),
    'x'.repeat(20_000),
  ]) {
    t.match(await verifyAccessToken(broken), { ok: false, error: { code: 'invalid_token' } }, broken.slice(0, 20))
  }
  t.match(await verifyAccessToken(token), { ok: true })
})

t.test('wrong options fail at the start, with a sentence', async (t) => {
  const good = { issuer: ISSUER, resource: RESOURCE }
  for (const issuer of ['http://auth.example.com', 'auth.example.com', `${ISSUER}?x=1`, 'https://user@auth.example.com', '']) {
    t.throws(() => createVerifier({ ...good, issuer }), { name: 'TypeError', message: /^issuer must be an https URL/ }, issuer)
  }
  for (const resource of ['http://mcp.example.com/mcp', `${RESOURCE}#x`, 'mcp'])
    t.throws(() => createVerifier({ ...good, resource }), { message: /^resource must be/ }, resource)
  t.throws(() => createVerifier({ ...good, jwksUri: 'http://auth.example.com/jwks' }), { message: /^jwksUri must be/ })
  for (const introspection of [
    { clientId: '', clientSecret: 'x' },
    { clientId: 'x', clientSecret: '' },
  ]) {
    t.throws(() => createVerifier({ ...good, introspection }), { message: /^introspection needs/ })
  }
  t.doesNotThrow(() => createVerifier({ issuer: 'http://localhost:8000', resource: 'http://127.0.0.1:3001/mcp' }), 'http on this machine')
})
