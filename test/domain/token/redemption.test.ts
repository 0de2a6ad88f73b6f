import { createHash } from 'node:crypto'
import t from 'tap'
import { checkRedemption as check } from '#src/domain/token/redemption.ts'
import type { AuthorizationCode } from '#src/domain/token/grant.ts'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import type { TokenRequest } from '#src/schemas/token.ts'
import { NOW, sampleGrant } from '#test/support/records.ts'

const VERIFIER = 'v'.repeat(43)
const S256 = { value: createHash('sha256').update(VERIFIER).digest('base64url'), method: 'S256' } as const
const CALLBACK = 'https://client.example/callback'
const grant = sampleGrant({ scopes: ['openid', 'email'], resources: ['https://a.example', 'https://b.example'] })

function sampleCode(change: Partial<AuthorizationCode> = {}): AuthorizationCode {
  return {
    codeHash: 'hash',
    grantId: grant.id,
    redirectUri: CALLBACK,
    redirectUriGiven: true,
    codeChallenge: S256,
    expiresAt: NOW + 60_000,
    ...change,
  }
}
const registry = createResourceRegistry([], 'allow')
const checkRedemption = (code: AuthorizationCode, given: typeof grant, clientId: string, form: TokenRequest) =>
  check(code, given, clientId, form, registry)
const right = { redirect_uri: CALLBACK, code_verifier: VERIFIER }

t.test('a code is only valid with the client, the redirect URI and the verifier of its request (T7, T9)', async (t) => {
  const all = { ok: true, value: { scopes: ['openid', 'email'], audience: 'https://a.example', resource: undefined } }
  const plain = sampleCode({ codeChallenge: { value: VERIFIER, method: 'plain' } })
  t.strictSame(checkRedemption(sampleCode(), grant, grant.clientId, right), all)
  t.strictSame(checkRedemption(plain, grant, grant.clientId, right), all, 'plain')
  t.strictSame(checkRedemption(sampleCode(), grant, grant.clientId, { code_verifier: VERIFIER }), all, 'a client of OAuth 2.1')
  t.strictSame(
    checkRedemption(sampleCode({ codeChallenge: undefined, redirectUriGiven: false }), grant, grant.clientId, {}),
    all,
    'neither redirect_uri nor PKCE',
  )
  t.strictSame(
    checkRedemption(sampleCode({ codeChallenge: undefined }), grant, grant.clientId, { redirect_uri: CALLBACK }),
    all,
    'a confidential client without PKCE',
  )
  t.strictSame(
    checkRedemption(sampleCode({ redirectUriGiven: false }), grant, grant.clientId, { code_verifier: VERIFIER }),
    all,
    'no redirect_uri in either request',
  )
  t.strictSame(checkRedemption(sampleCode({ redirectUriGiven: false }), grant, grant.clientId, right), all, 'sent though it need not be')

  const refused: [AuthorizationCode, string, object, RegExp][] = [
    [sampleCode(), 'client_other', right, /another client/],
    [sampleCode({ codeChallenge: undefined }), grant.clientId, {}, /redirect_uri is required, because .* used no PKCE/],
    [sampleCode(), grant.clientId, { ...right, redirect_uri: '' }, /redirect_uri differs/],
    [sampleCode(), grant.clientId, { ...right, redirect_uri: `${CALLBACK}/` }, /redirect_uri differs/],
    [
      sampleCode({ redirectUri: 'http://localhost:1/cb' }),
      grant.clientId,
      { ...right, redirect_uri: 'http://localhost:2/cb' },
      /redirect_uri differs/,
    ],
    [sampleCode({ redirectUriGiven: false }), grant.clientId, { ...right, redirect_uri: 'https://evil.example/' }, /redirect_uri differs/],
    [sampleCode(), grant.clientId, { redirect_uri: CALLBACK }, /code_verifier is required/],
    [sampleCode(), grant.clientId, { ...right, code_verifier: '' }, /does not match/],
    [sampleCode(), grant.clientId, { ...right, code_verifier: 'w'.repeat(43) }, /does not match/],
    [sampleCode(), grant.clientId, { ...right, code_verifier: S256.value }, /does not match/],
    [sampleCode({ codeChallenge: undefined }), grant.clientId, right, /held no code_challenge/],
    [sampleCode({ codeChallenge: undefined }), grant.clientId, { ...right, code_verifier: '' }, /held no code_challenge/],
  ]
  for (const [code, clientId, form, description] of refused) {
    t.match(
      checkRedemption(code, grant, clientId, form),
      { ok: false, error: { code: 'invalid_grant', status: 400, description } },
      String(description),
    )
  }
})

t.test('a code exchange may narrow the resource, not the scope', async (t) => {
  const result = checkRedemption(sampleCode(), grant, grant.clientId, { ...right, resource: 'https://b.example/', scope: 'email' })
  t.strictSame(result, { ok: true, value: { scopes: ['openid', 'email'], audience: 'https://b.example', resource: undefined } })
  t.match(checkRedemption(sampleCode(), grant, grant.clientId, { ...right, resource: 'https://c.example' }), {
    ok: false,
    error: { code: 'invalid_target' },
  })
})
