/** Whether an id_token belongs to the access token beside it (OpenID Connect Core section 3.1.3.8), where it says so. */
import { createHash } from 'node:crypto'

/** @param idToken that was verified */
export function isOfAccessToken(idToken: string, atHash: unknown, accessToken: string): boolean {
  if (atHash === undefined) return true
  const { alg } = JSON.parse(Buffer.from(idToken.split('.', 1)[0]!, 'base64url').toString()) as { alg: string }
  // Ed25519 signs with SHA-512; the others name the length.
  const hash = createHash(`sha${/\d{3}$/.exec(alg)?.[0] ?? '512'}`)
    .update(accessToken)
    .digest()
  return atHash === hash.subarray(0, hash.length / 2).toString('base64url')
}
