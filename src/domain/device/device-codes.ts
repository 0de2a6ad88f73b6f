/** Device authorization (RFC 8628): the two codes, and what a device that asks hears while a person hasn't decided. */
import { refuse } from '../protocol/errors.ts'
import type { Refusal } from '../protocol/errors.ts'
import { mac } from '../protocol/mac.ts'
import type { DeviceAuthorization } from './device-authorization.ts'
import { invalidGrant } from '../token/redemption.ts'
import { sha256 } from '../protocol/sha256.ts'

/** How long a device waits for a person, and how long it waits between two questions, in seconds. */
export const DEVICE_CODE_TTL = 600
export const POLL_INTERVAL = 5

/** RFC 8628 section 6.1: consonants, so that no code is a word and none is misread; 8 of them are over 34 bits. */
export const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
export const USER_CODE_LENGTH = 8

/** A user code as it is kept, however a person typed it; `undefined` if it can't be one. */
export function parseUserCode(raw: string): string | undefined {
  const code = raw.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return code.length === USER_CODE_LENGTH && [...code].every((letter) => USER_CODE_LETTERS.includes(letter)) ? code : undefined
}

/** As people read it: `BCDF-GHJK`. */
export const formatUserCode = (code: string): string => `${code.slice(0, USER_CODE_LENGTH / 2)}-${code.slice(USER_CODE_LENGTH / 2)}`

/** Other than that of an authorization code, so that neither can be exchanged for the other. */
export const hashDeviceCode = (code: string): string => sha256(`device code\n${code}`)

/** With a key: whoever reads the database could try out all that a hash alone would stand for. */
export const hashUserCode = (code: string, key: Buffer): string => mac(key, 'user code', code)

/** RFC 8628 section 3.5: why there is no token. */
export function refuseWaiting(waiting: DeviceAuthorization | undefined, clientId: string, tooSoon: boolean, now: number): Refusal {
  if (waiting === undefined || waiting.clientId !== clientId) return invalidGrant('the device code is unknown')
  if (waiting.decision === 'denied') return refuse('access_denied', 'the person denied the request')
  if (now >= waiting.expiresAt || waiting.decision === 'allowed') return deviceCodeExpired()
  if (tooSoon) return refuse('slow_down', 'ask less often: from now on wait 5 seconds longer')
  return refuse('authorization_pending', 'the person has not decided yet')
}

export const deviceCodeExpired = (): Refusal => refuse('expired_token', 'the device code has expired: ask for another')
