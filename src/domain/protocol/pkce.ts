/** Proof Key for Code Exchange (RFC 7636; threat-model.md T9). */
import { constantTimeEqual } from './constant-time.ts'
import { sha256 } from './sha256.ts'

export const CODE_CHALLENGE_METHODS = ['S256', 'plain'] as const
export type CodeChallengeMethod = (typeof CODE_CHALLENGE_METHODS)[number]
export interface CodeChallenge {
  readonly value: string
  readonly method: CodeChallengeMethod
}

/** RFC 7636 section 4.1: 43 to 128 unreserved characters; section 4.2 gives challenges the same alphabet. */
const UNRESERVED = /^[A-Za-z0-9\-._~]{43,128}$/
/** A base64url SHA-256. */
const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/

/** Whether `challenge` is well formed for `method` (RFC 7636 section 4.2). */
export function isCodeChallenge(challenge: string, method: CodeChallengeMethod): boolean {
  return method === 'S256' ? S256_CHALLENGE.test(challenge) : UNRESERVED.test(challenge)
}

/** Whether `verifier` matches `challenge` (RFC 7636 section 4.6); compares in constant time. */
export function verifyCodeVerifier(challenge: CodeChallenge, verifier: string): boolean {
  if (!UNRESERVED.test(verifier)) return false
  return constantTimeEqual(challenge.method === 'S256' ? sha256(verifier) : verifier, challenge.value)
}
