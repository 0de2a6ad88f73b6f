/** Keys in a database in memory, the claims of an access token, and nodes that sign and verify with those keys. */
import type { AccessTokenClaims } from '#src/domain/token/access-token-claims.ts'
import { createJwt } from '#src/crypto/jwt.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import type { Keyset } from '#src/crypto/keyset.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

const SECRET = 'a secret of tests, longer than 32 characters'
export const ISSUER = 'https://auth.example'
export const NOW = Date.now()
export const iat = Math.floor(NOW / 1000)

export const claims = {
  iss: ISSUER,
  sub: 'helen',
  aud: 'https://mcp.example',
  client_id: 'client_sample',
  scope: 'openid',
  gid: 'grant_sample',
  jti: 'token_1',
  auth_time: iat,
  acr: 'password',
  iat,
  exp: iat + 60,
} satisfies AccessTokenClaims

type Teardown = { teardown(fn: () => unknown): unknown }

export async function openKeyset(t: Teardown, options?: Parameters<typeof loadKeyset>[3]) {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  return { storage, keyset: await loadKeyset(storage.keys, SECRET, NOW, options) }
}

/** A node that counts how often it verifies a signature: for that it needs the public key. */
export function createCountingNode(keyset: Keyset) {
  const counted = { verified: 0 }
  function find(kid: string) {
    const key = keyset.find(kid)
    if (key === undefined) return undefined
    return {
      ...key,
      get publicKey() {
        return (counted.verified++, key.publicKey)
      },
    }
  }
  return { counted, ...createJwt({ ...keyset, find }, ISSUER, 'ES256') }
}
