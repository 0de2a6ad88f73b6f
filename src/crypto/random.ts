/** New secrets and identifiers: random bytes in base64url, which clients never have to encode. */
import { randomBytes, randomFillSync, randomInt } from 'node:crypto'
import { formatPersonalToken } from '../domain/token/personal-token.ts'
import { USER_CODE_LENGTH, USER_CODE_LETTERS } from '../domain/device/device-codes.ts'

/** Random bytes are drawn in bulk, because each call into the generator costs more than the bytes. */
const pool = Buffer.allocUnsafeSlow(4096)
let used = pool.length

/** `length` random bytes, which are erased from the pool. */
function draw(length: number): string {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + length)
  used += length
  const text = bytes.toString('base64url')
  bytes.fill(0)
  return text
}

/** 32 random bytes: codes, refresh tokens, client secrets, session ids. */
export const newSecret = (): string => draw(32)

/** A personal access token, with as many random bytes. */
export const newPersonalToken = (): string => formatPersonalToken(randomBytes(32))

/** A user code, which the user reads on the device and types into our page (RFC 8628 section 6.1). */
export const newUserCode = (): string =>
  Array.from({ length: USER_CODE_LENGTH }, () => USER_CODE_LETTERS[randomInt(USER_CODE_LETTERS.length)]).join('')

/** 16 random bytes: identifiers that needn't be secret. */
export const newId = (): string => draw(16)

/** The letters of base64url in the order in which databases sort text: by their codes. */
const SORTED = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const TIMESTAMP_LETTERS = 8
let stamped = { at: -1, text: '' }

/** 48 bits of milliseconds, in texts that sort like their times. The last one is cached, because many requests share a millisecond. */
export function timestamp(at: number): string {
  if (stamped.at !== at) {
    const letters = Array.from(
      { length: TIMESTAMP_LETTERS },
      (_, index) => SORTED[Math.floor(at / 64 ** (TIMESTAMP_LETTERS - 1 - index)) % 64],
    )
    stamped = { at, text: letters.join('') }
  }
  return stamped.text
}

/**
 * An identifier for records of which there may be millions: like `newId()`, but it begins with its time (the idea of RFC 9562
 * section 5.7). So an index of it grows at its end, in pages that are in memory, instead of everywhere (ADR 10).
 *
 * @param now ms; the record's `createdAt`
 */
export const newRecordId = (now: number): string => timestamp(now) + draw(10)
