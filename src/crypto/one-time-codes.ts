/** One-time codes of an app (RFC 6238), and the recovery codes that stand in for them. */
import { randomInt } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { RECOVERY_CODE_LENGTH, RECOVERY_CODE_LETTERS } from '../domain/user/recovery-codes.ts'

const STEP_MS = 30_000
const SECRET_BYTES = 20

const totp = (secret: string, names: { issuer?: string; label?: string } = {}): TOTP =>
  new TOTP({ ...names, secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: STEP_MS / 1000 })

/** In base32, as people type it where they can't scan. */
export const newCodeSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** What an app scans. */
export const codeUri = (secret: string, issuer: string, label: string): string => totp(secret, { issuer, label }).toString()

/**
 * The step that a code belongs to, if it is one of now, of the step before or of the next (RFC 6238 section 5.2).
 *
 * @param now ms
 */
export function stepOf(secret: string, typed: string, now: number): number | undefined {
  const token = typed.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = totp(secret).validate({ token, window: 1, timestamp: now })
  return delta === null ? undefined : Math.floor(now / STEP_MS) + delta
}

export const newRecoveryCode = (): string =>
  Array.from({ length: RECOVERY_CODE_LENGTH }, () => RECOVERY_CODE_LETTERS[randomInt(RECOVERY_CODE_LETTERS.length)]).join('')
