/** Reads JWTs whose signature was not verified yet, and checks their time claims (RFC 7519 section 4.1). */
import { parseJsonObject } from './json.ts'
import type { JsonObject } from './json.ts'

/** Both return `undefined` if the JWT can't be read. */
export const unverifiedHeader = (jwt: string): JsonObject | undefined => parseJwtPart(jwt.split('.')[0])

export const unverifiedClaims = (jwt: string): JsonObject | undefined => parseJwtPart(jwt.split('.')[1])

/** The JSON object in one part of a JWT; `undefined` if there is none. */
export const parseJwtPart = (part = ''): JsonObject | undefined => parseJsonObject(Buffer.from(part, 'base64url').toString())

/** How far the clock of a client or an issuer may be off, in seconds. */
export const CLOCK_SKEW = 30

/**
 * Whether `exp` has passed, or is no number (RFC 7519 section 4.1.4). An absent one counts as expired.
 *
 * @param now ms
 * @param skew seconds
 */
export const isExpired = (exp: unknown, now: number, skew = CLOCK_SKEW): boolean => typeof exp !== 'number' || exp + skew <= now / 1000

/**
 * Whether `nbf` or `iat` is in the future, or is no number (RFC 7519 sections 4.1.5 and 4.1.6). An absent one does not.
 *
 * @param now ms
 * @param skew seconds
 */
export const isInFuture = (instant: unknown, now: number, skew = CLOCK_SKEW): boolean =>
  instant !== undefined && (typeof instant !== 'number' || instant - skew > now / 1000)
