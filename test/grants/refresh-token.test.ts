import { decodeJwt } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import type { Grant } from '#src/domain/token/grant.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { authorizationCode } from '#src/grants/authorization-code.ts'
import { refreshToken } from '#src/grants/refresh-token.ts'
import { CALLBACK, VERIFIER, createGrantContext } from '#test/support/grants.ts'
import { NOW } from '#test/support/records.ts'

const SECOND = 1000
const DAY = 86_400_000
const replayed = { ok: false, error: { code: 'invalid_grant', description: /already used/ } }
const over = { ok: false, error: { code: 'invalid_grant', description: /expired or was revoked/ } }

/** A client with its first refresh token, issued at NOW. */
async function start(t: Test, grant: Partial<Grant> = {}, settings: Parameters<typeof createGrantContext>[1] = {}) {
  const made = await createGrantContext(t, settings)
  const issued = await made.issueCode(grant)
  const tokens = await authorizationCode.exchange(
    { code: issued.secret, redirect_uri: CALLBACK, code_verifier: VERIFIER },
    made.client,
    made.context,
    NOW,
  )
  if (!tokens.ok) throw tokens.error
  const refresh = (token: string, at = NOW, form: object = {}) =>
    refreshToken.exchange({ refresh_token: token, ...form }, made.client, made.context, at)
  /** Refreshes, and returns the next refresh token. */
  const rotate = async (token: string, at = NOW): Promise<string> => {
    const next = await refresh(token, at)
    if (!next.ok) throw next.error
    return next.value.refresh_token!
  }
  return { ...made, grantId: issued.grant.id, first: tokens.value.refresh_token!, refresh, rotate }
}

t.test('each refresh brings new tokens, and uses up the old refresh token', async (t) => {
  const { first, refresh, storage, context, grantId } = await start(t, { resources: ['https://mcp.example'] })
  const next = await refresh(first, NOW + SECOND)
  if (!next.ok) throw next.error
  t.match(next.value, { token_type: 'Bearer', expires_in: 3600, scope: 'openid profile email offline_access' })
  t.not(next.value.refresh_token, first)
  t.match(await context.jwt.verifyAccessToken(next.value.access_token, NOW), { aud: 'https://mcp.example' })
  t.type(next.value.id_token, 'string')
  t.match(await storage.grants.findRefreshToken(grantId, sha256(next.value.refresh_token!)), {
    token: { generation: 2, parentHash: sha256(first) },
  })
})

t.test('a refreshed id_token is about the same login, without its nonce (OpenID Connect Core section 12.2)', async (t) => {
  const { first, refresh } = await start(t, { nonce: 'n' })
  const next = await refresh(first, NOW + DAY)
  if (!next.ok) throw next.error
  const claims = decodeJwt(next.value.id_token!)
  t.match(claims, { sub: 'user_sample', aud: 'client_sample', auth_time: NOW / 1000 - 5, iat: (NOW + DAY) / 1000 })
  t.notOk('nonce' in claims)
})

t.test('a missing, unknown or foreign refresh token is refused, and a foreign one stays usable (T8)', async (t) => {
  const { first, refresh, context, addClient } = await start(t)
  const other = await addClient('client_other')
  t.match(await refreshToken.exchange({}, other, context, NOW), {
    ok: false,
    error: { code: 'invalid_request', description: 'refresh_token is required' },
  })
  for (const token of ['', 'unknown', first.slice(0, -1), `${first}x`])
    t.match(await refresh(token), { ok: false, error: { code: 'invalid_grant' } })
  const foreign = await refreshToken.exchange({ refresh_token: first }, other, context, NOW)
  const unknown = await refreshToken.exchange({ refresh_token: 'unknown' }, other, context, NOW)
  t.match(foreign, { ok: false, error: { code: 'invalid_grant' } })
  t.equal(!foreign.ok && foreign.error.message, !unknown.ok && unknown.error.message, 'as if unknown')
  t.match(await refresh(first), { ok: true })
})

t.test('within the grace time a used token answers with the same successor: two processes, a lost response (T8)', async (t) => {
  const { first, refresh, rotate, isLive, grantId, context } = await start(t)
  const used = NOW + 5 * SECOND
  const answers = await Promise.all([refresh(first, used), refresh(first, used), refresh(first, used + 59_999)])
  const tokens = answers.map((answer) => (answer.ok ? answer.value : undefined))
  const [successor, ...others] = new Set(tokens.map((each) => each?.refresh_token))
  t.strictSame(others, [])
  t.equal(new Set(tokens.map((each) => each?.access_token)).size, 3, 'each with an access token of its own')
  for (const each of tokens) t.ok(await context.jwt.verifyAccessToken(each!.access_token, used))
  t.equal(await isLive(grantId, used + 60_000), true)
  t.ok(await rotate(successor!, used + DAY), 'an unused token of a live family always rotates')
})

t.test('a thief within the grace time shares the line of tokens of the owner, and is noticed (T8)', async (t) => {
  const { first, refresh, rotate, isLive, grantId } = await start(t)
  const [owner, thief] = [await rotate(first, NOW), await rotate(first, NOW + SECOND)]
  const later = await rotate(owner, NOW + 3600 * SECOND)
  t.match(await refresh(thief, NOW + 3700 * SECOND), replayed)
  t.equal(await isLive(grantId, NOW + 3700 * SECOND), false)
  t.match(await refresh(later, NOW + 3701 * SECOND), over)
})

t.test('a successor can be computed neither from its token alone nor with another key', async (t) => {
  const { first, refresh, context, client, grantId } = await start(t)
  const successor = await refresh(first, NOW)
  if (!successor.ok) throw successor.error
  const next = successor.value.refresh_token!
  t.ok(next.startsWith(grantId))
  t.equal(next.length, first.length)
  t.match(next.slice(grantId.length), /^[\w-]{43}$/)
  const otherKey = { ...context, macKeys: [Buffer.from('another key')] as const }
  // A node with another key can't know the successor. It makes one of its own, as after an update, and does no harm.
  const other = await refreshToken.exchange({ refresh_token: first }, client, otherKey, NOW + SECOND)
  t.ok(other.ok)
  t.not(other.ok && other.value.refresh_token, next)
  t.ok((await refresh(next, NOW + SECOND)).ok)
})

t.test('while SECRET is replaced, a repeated token answers with the successor that the earlier secret made', async (t) => {
  const { first, rotate, context, client } = await start(t)
  const successor = await rotate(first, NOW)
  const renewed = { ...context, macKeys: [Buffer.from('a newer key'), ...context.macKeys] as const }
  t.match(await refreshToken.exchange({ refresh_token: first }, client, renewed, NOW + SECOND), {
    ok: true,
    value: { refresh_token: successor },
  })
  const next = await refreshToken.exchange({ refresh_token: successor }, client, renewed, NOW + 2 * SECOND)
  if (!next.ok) throw next.error
  t.match(await refreshToken.exchange({ refresh_token: successor }, client, renewed, NOW + 3 * SECOND), {
    ok: true,
    value: { refresh_token: next.value.refresh_token },
  })
})

t.test('the grace time runs from the first use, not from the latest (T8)', async (t) => {
  const { first, refresh, rotate, isLive, grantId } = await start(t)
  await rotate(first, NOW)
  await rotate(first, NOW + 59_000)
  t.match(await refresh(first, NOW + 60_000), replayed)
  t.equal(await isLive(grantId, NOW + 60_000), false, 'the family died')
})

t.test('there is no grace once a successor was used: the family dies (T8)', async (t) => {
  const { first, refresh, rotate, isLive, grantId } = await start(t)
  const second = await rotate(first, NOW)
  const third = await rotate(second, NOW + SECOND)
  t.match(await refresh(first, NOW + 2 * SECOND), replayed)
  t.equal(await isLive(grantId, NOW + 2 * SECOND), false)
  for (const token of [first, second, third]) t.match(await refresh(token, NOW + 3 * SECOND), over, 'no token of the family works any more')
})

t.test('a burst of any size from many places is not mistaken for theft (T8)', async (t) => {
  const { first, refresh, isLive, grantId } = await start(t)
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => refresh(first, NOW)))
  t.equal(new Set(outcomes.map((outcome) => (outcome.ok ? outcome.value.refresh_token : outcome.error))).size, 1)
  t.equal(await isLive(grantId, NOW), true)
})

t.test('with the grace time switched off, a second use is a replay', async (t) => {
  const { first, refresh, rotate, isLive, grantId } = await start(t, {}, { refreshGraceTtl: 0 })
  await rotate(first, NOW)
  t.match(await refresh(first, NOW), replayed)
  t.equal(await isLive(grantId, NOW), false)
})

t.test('two devices are two families', async (t) => {
  const { first, refresh, rotate, issueCode, client, context } = await start(t)
  const device = await authorizationCode.exchange(
    { code: (await issueCode()).secret, redirect_uri: CALLBACK, code_verifier: VERIFIER },
    client,
    context,
    NOW,
  )
  if (!device.ok) throw device.error
  await rotate(first, NOW)
  t.match(await refresh(first, NOW + DAY), replayed)
  t.match(await refresh(device.value.refresh_token!, NOW + DAY), { ok: true })
})

t.test('a refresh token ends when it is idle for too long, and with its grant', async (t) => {
  const { first, refresh, rotate } = await start(t, {}, { refreshTokenIdleTtl: 30 * 86_400, refreshTokenTtl: 50 * 86_400 })
  const second = await rotate(first, NOW + 30 * DAY - 1)
  t.match(await refresh(second, NOW + 50 * DAY), over, 'the grant is over')
  const idle = await start(t)
  t.match(await idle.refresh(idle.first, NOW + 30 * DAY), over, 'idle')
  t.equal(await idle.isLive(idle.grantId, NOW + 30 * DAY), true, 'which is no replay')
})

t.test('no refresh after its grant was revoked, or its user disabled', async (t) => {
  const { first, refresh, storage, grantId } = await start(t)
  t.equal(await storage.grants.revoke(grantId, NOW), true)
  t.match(await refresh(first, NOW), over)
  const disabled = await start(t)
  await disabled.storage.users.disable('user_sample', NOW)
  t.match(await disabled.refresh(disabled.first, NOW), over)
})

t.test('a refresh narrows scope and resource for this access token only, and widens neither (RFC 6749 section 6)', async (t) => {
  const { first, refresh } = await start(t, { scopes: ['openid', 'email'], resources: ['https://a.example', 'https://b.example'] })
  t.match(await refresh(first, NOW, { scope: 'openid profile' }), { ok: false, error: { code: 'invalid_scope' } })
  t.match(await refresh(first, NOW, { resource: 'https://c.example' }), { ok: false, error: { code: 'invalid_target' } })
  const narrow = await refresh(first, NOW, { scope: 'email', resource: 'https://b.example' })
  if (!narrow.ok) throw narrow.error
  t.equal(narrow.value.scope, 'email')
  t.notOk('id_token' in narrow.value)
  t.match(decodeJwt(narrow.value.access_token), { scope: 'email', aud: 'https://b.example' })
  const whole = await refresh(narrow.value.refresh_token!, NOW)
  t.match(whole, { ok: true, value: { scope: 'openid email' } })
  t.equal(whole.ok && decodeJwt(whole.value.access_token).aud, 'https://a.example')
})
