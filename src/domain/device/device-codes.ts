/** Device authorization (RFC 8628): the device code, the user code, and the errors for polling devices. */
import { refuse } from '../protocol/errors.ts'
import type { Refusal } from '../protocol/errors.ts'
import { mac } from '../protocol/mac.ts'
import type { DeviceAuthorization } from './device-authorization.ts'
import { invalidGrant } from '../token/redemption.ts'
import { sha256 } from '../protocol/sha256.ts'

/** How long the codes are valid, in seconds. */
export const DEVICE_CODE_TTL = 600
/** How long a device waits between two polls, in seconds. */
export const POLL_INTERVAL = 5

/** RFC 8628 section 6.1: consonants, so that no code is a word or is misread. 8 of them are more than 34 bits. */
export const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
export const USER_CODE_LENGTH = 8

/** A user code without case, width and separators; `undefined` if it can't be one. */
export function parseUserCode(raw: string): string | undefined {
  const code = raw
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
  return code.length === USER_CODE_LENGTH && [...code].every((letter) => USER_CODE_LETTERS.includes(letter)) ? code : undefined
}

/** A user code for display: `BCDF-GHJK`. */
export const formatUserCode = (code: string): string => `${code.slice(0, USER_CODE_LENGTH / 2)}-${code.slice(USER_CODE_LENGTH / 2)}`

/** Differs from the hash of an authorization code, so that neither can be redeemed as the other. */
export const hashDeviceCode = (code: string): string => sha256(`device code\n${code}`)

/** Keyed: without a key, someone who reads the database could try out every code. */
export const hashUserCode = (code: string, key: Buffer): string => mac(key, 'user code', code)

/** Why a device gets no token (RFC 8628 section 3.5). `now` is ms. */
export function refuseWaiting(waiting: DeviceAuthorization | undefined, clientId: string, tooSoon: boolean, now: number): Refusal {
  if (waiting === undefined || waiting.clientId !== clientId) return invalidGrant('the device code is unknown')
  if (waiting.decision === 'denied') return refuse('access_denied', 'the person denied the request')
  if (now >= waiting.expiresAt || waiting.decision === 'allowed') return deviceCodeExpired()
  if (tooSoon) return refuse('slow_down', 'ask less often: from now on wait 5 seconds longer')
  return refuse('authorization_pending', 'the person has not decided yet')
}

export const deviceCodeExpired = (): Refusal => refuse('expired_token', 'the device code has expired: ask for another')
