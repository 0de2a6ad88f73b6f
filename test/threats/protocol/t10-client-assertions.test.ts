/** threat-model.md T10: assertions (CVE-2025-27370, CVE-2020-5300). Each rule on the wire, with everything else valid. */
import { SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import t from 'tap'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { createApp, ISSUER } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import type { ClientKey } from '#test/support/clients/client-documents.ts'

interface Setting extends TestApp {
  readonly id: string
  readonly key: ClientKey
}

async function start(t: Parameters<typeof createApp>[0], metadata: object = {}): Promise<Setting> {
  const app = await createApp(t)
  const key = await makeClientKey('own', 'RS256')
  const { alg: _any, ...jwk } = key.jwk
  const response = await app.app.inject({
    method: 'POST',
    url: '/register',
    payload: {
      redirect_uris: ['https://client.example/callback'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      ...metadata,
    },
  })
  return { ...app, key, id: response.json<{ client_id: string }>().client_id }
}

async function sign(
  { clock, id, key }: Setting,
  change: Record<string, unknown> = {},
  header: Partial<JWTHeaderParameters> = {},
  by = key.privateKey,
): Promise<string> {
  const now = Math.floor(clock.now / 1000)
  return new SignJWT({ iss: id, sub: id, aud: ISSUER, exp: now + 60, iat: now, jti: 'one', ...change })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header })
    .sign(by)
}

/** `invalid_grant` if the client was let in (the token is unknown), `invalid_client` if it wasn't. */
async function attempt({ app }: TestApp, assertion: string, path = '/token'): Promise<string> {
  const payload = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: 'unknown',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
  }).toString()
  const response = await app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload,
  })
  return response.json<{ error: string }>().error
}

t.test('T10: an assertion lets its client in once, at whichever endpoint, and never again', async (t) => {
  const setting = await start(t)
  const assertion = await sign(setting)
  t.equal(await attempt(setting, assertion), 'invalid_grant')
  t.equal(await attempt(setting, assertion), 'invalid_client')
  t.equal(await attempt(setting, await sign(setting, { extra: 1 })), 'invalid_client', 'another token with the same jti')
  t.equal(await attempt(setting, await sign(setting, { jti: 'two' })), 'invalid_grant')
  const elsewhere = await sign(setting, { jti: 'three' })
  t.equal(await attempt(setting, elsewhere, '/revoke'), 'invalid_request')
  t.equal(await attempt(setting, elsewhere), 'invalid_client')
})

t.test('T10: of many who use an assertion at once, one gets in', async (t) => {
  const setting = await start(t)
  const assertion = await sign(setting)
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => attempt(setting, assertion)))
  t.equal(outcomes.filter((outcome) => outcome === 'invalid_grant').length, 1)
})

t.test('T10: a jti stays used for as long as its assertion could count', async (t) => {
  const setting = await start(t)
  const begun = setting.clock.now
  const assertion = await sign(setting)
  t.equal(await attempt(setting, assertion), 'invalid_grant')
  setting.clock.now = Math.floor(begun / 1000) * 1000 + 89_999
  await setting.storage.sweep(setting.clock.now, 100, { unusedClientTtl: 3600, idleClientTtl: 3600, auditTtl: 3600 })
  t.equal(await attempt(setting, assertion), 'invalid_client')
})

t.test('T10: an assertion that a stranger signed does not spend the jti of the client', async (t) => {
  const setting = await start(t)
  const stranger = await makeClientKey('own', 'RS256')
  t.equal(await attempt(setting, await sign(setting, {}, {}, stranger.privateKey)), 'invalid_client')
  t.equal(await attempt(setting, await sign(setting)), 'invalid_grant')
})

t.test('T10: an assertion made for another server, or for two, is refused', async (t) => {
  const setting = await start(t)
  const others = [
    'https://other.example',
    `${ISSUER}/`,
    `${ISSUER}/authorize`,
    [ISSUER, 'https://other.example'],
    [ISSUER, `${ISSUER}/token`],
    [],
  ]
  for (const aud of others) t.equal(await attempt(setting, await sign(setting, { aud })), 'invalid_client', JSON.stringify(aud))
  for (const [n, aud] of [ISSUER, `${ISSUER}/token`, [ISSUER], [`${ISSUER}/token`]].entries()) {
    t.equal(await attempt(setting, await sign(setting, { aud, jti: `fine-${n}` })), 'invalid_grant', JSON.stringify(aud))
  }
})

t.test('T10: an assertion about another client, without end or far from now is refused', async (t) => {
  const setting = await start(t)
  const now = Math.floor(setting.clock.now / 1000)
  const other = await start(t)
  const cases: Record<string, unknown>[] = [
    { iss: 'other' },
    { sub: other.id, iss: other.id },
    { exp: undefined },
    { exp: now - 31 },
    { exp: now + 3700 },
    { iat: now + 60 },
    { iat: now - 3700 },
    { nbf: now + 60 },
    { jti: undefined },
  ]
  for (const change of cases) t.equal(await attempt(setting, await sign(setting, change)), 'invalid_client', JSON.stringify(change))
  t.equal(await attempt(setting, await sign(setting)), 'invalid_grant')
})

t.test('T10: only registered keys count, with no header that changes how they do', async (t) => {
  const setting = await start(t, { token_endpoint_auth_signing_alg: 'RS256' })
  const attacker = await makeClientKey('own', 'RS256')
  for (const header of [{ jwk: attacker.jwk }, { jku: 'https://attacker.example/keys' }, { x5u: 'https://attacker.example/chain' }]) {
    t.equal(
      await attempt(setting, await sign(setting, {}, header as never, attacker.privateKey)),
      'invalid_client',
      JSON.stringify(Object.keys(header)),
    )
  }
  t.equal(await attempt(setting, await sign(setting, {}, { crit: ['b64'], b64: true })), 'invalid_client')
  const [, payload] = (await sign(setting)).split('.')
  t.equal(await attempt(setting, `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`), 'invalid_client')
  const confused = await new SignJWT({
    iss: setting.id,
    sub: setting.id,
    aud: ISSUER,
    exp: Math.floor(setting.clock.now / 1000) + 60,
    jti: 'two',
  })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(JSON.stringify(setting.key.jwk)))
  t.equal(await attempt(setting, confused), 'invalid_client')
})

t.test('T10: an algorithm that the client did not register is refused, although the same key could make it', async (t) => {
  const setting = await start(t, { token_endpoint_auth_signing_alg: 'RS256' })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', setting.key.privateKey)
  const samePss = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['sign'])
  t.equal(await attempt(setting, await sign(setting, {}, { alg: 'PS256' }, samePss)), 'invalid_client')
  const any = await start(t)
  const anyPss = await crypto.subtle.importKey(
    'pkcs8',
    await crypto.subtle.exportKey('pkcs8', any.key.privateKey),
    { name: 'RSA-PSS', hash: 'SHA-256' },
    true,
    ['sign'],
  )
  t.equal(await attempt(any, await sign(any, {}, { alg: 'PS256' }, anyPss)), 'invalid_grant', 'one that registered none may use it')
})
