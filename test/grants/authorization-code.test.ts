import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import type { Grant } from '#src/domain/token/grant.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { authorizationCode } from '#src/grants/authorization-code.ts'
import { CALLBACK, ISSUER, VERIFIER, createGrantContext } from '#test/support/grants.ts'
import { NOW } from '#test/support/records.ts'

const right = (code: string) => ({ code, redirect_uri: CALLBACK, code_verifier: VERIFIER })

t.test('a client exchanges its code for tokens', async (t) => {
  const { context, client, issueCode, storage } = await createGrantContext(t)
  const { secret, grant } = await issueCode({ nonce: 'n', resources: ['https://mcp.example'] })
  const issued = await authorizationCode.exchange(right(secret), client, context, NOW)
  if (!issued.ok) throw issued.error
  const { access_token, id_token, refresh_token, ...rest } = issued.value
  t.strictSame(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'openid profile email offline_access' })
  const claims = await context.jwt.verifyAccessToken(access_token, NOW)
  t.match(claims, {
    iss: ISSUER,
    sub: grant.userId,
    aud: 'https://mcp.example',
    client_id: client.id,
    gid: grant.id,
    exp: NOW / 1000 + 3600,
  })
  t.match(decodeProtectedHeader(id_token!), { alg: 'RS256', typ: 'JWT' })
  t.match(decodeJwt(id_token!), { iss: ISSUER, sub: grant.userId, aud: client.id, nonce: 'n', auth_time: NOW / 1000 - 5 })
  const found = await storage.grants.findRefreshToken(grant.id, sha256(refresh_token!))
  t.match(found, {
    token: { generation: 1, grantId: grant.id, expiresAt: NOW + 30 * 86_400_000 },
    grant: { expiresAt: NOW + 365 * 86_400_000 },
  })
})

t.test('without openid there is no id_token; with another algorithm registered, that one signs it', async (t) => {
  const { context, client, issueCode, addClient } = await createGrantContext(t)
  const plain = await authorizationCode.exchange(right((await issueCode({ scopes: ['email'] })).secret), client, context, NOW)
  t.match(plain, { ok: true, value: { scope: 'email' } })
  t.notOk(plain.ok && 'id_token' in plain.value)
  const modern = await addClient('client_es256', { metadata: { idTokenSignedResponseAlg: 'ES256' } })
  const issued = await authorizationCode.exchange(right((await issueCode({ clientId: modern.id })).secret), modern, context, NOW)
  t.equal(issued.ok && decodeProtectedHeader(issued.value.id_token!).alg, 'ES256')
})

t.test('an id_token has the claims that the request named, and the user is only read for these', async (t) => {
  const { context, client, issueCode } = await createGrantContext(t)
  const looked: string[] = []
  const { find } = context.storage.users
  const exchange = async (claims: Grant['claims'], answer = find) => {
    Object.assign(context.storage.users, { find: (id: string) => (looked.push(id), answer(id)) })
    const issued = await authorizationCode.exchange(right((await issueCode({ claims })).secret), client, context, NOW)
    if (!issued.ok) throw issued.error
    return decodeJwt(issued.value.id_token!)
  }
  t.notOk('preferred_username' in (await exchange(undefined)))
  t.notOk('preferred_username' in (await exchange({ idToken: {}, userinfo: { preferred_username: null } })))
  t.strictSame(looked, [])
  const claims = { idToken: { preferred_username: null }, userinfo: {} }
  t.match(await exchange(claims), { preferred_username: 'helen' })
  t.strictSame(looked, ['user_sample'])
  t.notOk('preferred_username' in (await exchange(claims, async () => undefined)), 'a user who is being deleted')
})

t.test('a client that did not register refresh_token gets none, and its grant ends with the access token', async (t) => {
  const { context, issueCode, addClient, isLive } = await createGrantContext(t)
  const simple = await addClient('client_simple', { metadata: { grantTypes: ['authorization_code'] } })
  const { secret, grant } = await issueCode({ clientId: simple.id })
  const issued = await authorizationCode.exchange(right(secret), simple, context, NOW)
  t.match(issued, { ok: true })
  t.notOk(issued.ok && 'refresh_token' in issued.value, 'also with offline_access')
  t.equal(await isLive(grant.id, NOW + 3_599_999), true)
  t.equal(await isLive(grant.id, NOW + 3_600_000), false)
})

t.test('a missing or unknown code is refused', async (t) => {
  const { context, client } = await createGrantContext(t)
  t.match(await authorizationCode.exchange({ redirect_uri: CALLBACK }, client, context, NOW), {
    ok: false,
    error: { code: 'invalid_request', description: 'code is required' },
  })
  for (const code of ['', 'unknown'])
    t.match(await authorizationCode.exchange(right(code), client, context, NOW), { ok: false, error: { code: 'invalid_grant' } })
})

t.test('a code lives as long as it was issued for, to the millisecond', async (t) => {
  const { context, client, issueCode } = await createGrantContext(t)
  t.match(await authorizationCode.exchange(right((await issueCode()).secret), client, context, NOW + 59_999), { ok: true })
  const late = await issueCode()
  t.match(await authorizationCode.exchange(right(late.secret), client, context, NOW + 60_000), {
    ok: false,
    error: { code: 'invalid_grant', description: 'the code has expired' },
  })
})

t.test('a code is refused without its client, redirect URI and verifier, and stays usable (T7, T9)', async (t) => {
  const { context, client, issueCode, addClient } = await createGrantContext(t)
  const other = await addClient('client_other')
  const { secret } = await issueCode()
  const attempts = [
    authorizationCode.exchange(right(secret), other, context, NOW),
    authorizationCode.exchange({ ...right(secret), redirect_uri: 'https://evil.example/' }, client, context, NOW),
    authorizationCode.exchange({ code: secret, redirect_uri: CALLBACK }, client, context, NOW),
    authorizationCode.exchange({ ...right(secret), code_verifier: 'w'.repeat(43) }, client, context, NOW),
  ]
  for (const attempt of await Promise.all(attempts)) t.match(attempt, { ok: false, error: { code: 'invalid_grant' } })
  t.match(await authorizationCode.exchange(right(secret), client, context, NOW), { ok: true })
  const bare = await issueCode({}, { codeChallenge: undefined })
  t.match(
    await authorizationCode.exchange(right(bare.secret), client, context, NOW),
    { ok: false, error: { code: 'invalid_grant' } },
    'a verifier without a challenge',
  )
})

t.test('of many requests that redeem one code at once, one gets tokens, which then end (T7)', async (t) => {
  const { context, client, issueCode, isLive } = await createGrantContext(t)
  const { secret, grant } = await issueCode()
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => authorizationCode.exchange(right(secret), client, context, NOW)))
  t.equal(outcomes.filter(({ ok }) => ok).length, 1)
  t.equal(await isLive(grant.id, NOW), false)
})

t.test('a code sent a second time is denied, and its tokens are revoked (T7)', async (t) => {
  const { context, client, issueCode, isLive } = await createGrantContext(t)
  const { secret, grant } = await issueCode()
  t.match(await authorizationCode.exchange(right(secret), client, context, NOW), { ok: true })
  t.equal(await isLive(grant.id, NOW + 1), true)
  t.match(await authorizationCode.exchange(right(secret), client, context, NOW + 3_600_000), {
    ok: false,
    error: { code: 'invalid_grant', description: /already used/ },
  })
  t.equal(await isLive(grant.id, NOW + 3_600_000), false)
})

t.test('a code of a grant that was revoked meanwhile is refused', async (t) => {
  const { context, client, issueCode, storage } = await createGrantContext(t)
  const { secret, grant } = await issueCode()
  await storage.grants.revoke(grant.id, NOW)
  t.match(await authorizationCode.exchange(right(secret), client, context, NOW), { ok: false, error: { code: 'invalid_grant' } })
})

t.test('a code exchange narrows the resource, and only that', async (t) => {
  const { context, client, issueCode } = await createGrantContext(t)
  const resources = ['https://a.example', 'https://b.example']
  const issued = await authorizationCode.exchange(
    { ...right((await issueCode({ resources })).secret), resource: 'https://b.example/', scope: 'openid' },
    client,
    context,
    NOW,
  )
  t.match(issued, { ok: true, value: { scope: 'openid profile email offline_access' } })
  t.equal(issued.ok && decodeJwt(issued.value.access_token).aud, 'https://b.example')
  const refused = await authorizationCode.exchange(
    { ...right((await issueCode({ resources })).secret), resource: 'https://c.example' },
    client,
    context,
    NOW,
  )
  t.match(refused, { ok: false, error: { code: 'invalid_target' } })
})
