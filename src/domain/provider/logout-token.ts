/** What a provider says when somebody logged out there (OpenID Connect Back-Channel Logout section 2.6). Instants are ms. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isJsonObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'

/** Whose sessions end: one session there, or all of an account. */
export interface LogoutRequest {
  readonly issuer: string
  readonly jti: string
  readonly subject?: string | undefined
  readonly sid?: string | undefined
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** How much the clocks may differ. */
const TOLERANCE_MS = 60_000
/** How old a token may be at most, whatever it says of its end; its jti is remembered for longer. */
export const LOGOUT_TOKEN_MAX_AGE_MS = 10 * 60_000

/** Longest sub, sid and jti. */
const MAX_ID = 255

/**
 * What can be read before a signature is verified, so that nothing is fetched for a token that is none of ours.
 *
 * @returns the request, or why it is none
 */
export function readLogoutToken(
  { typ }: JsonObject,
  claims: JsonObject,
  { issuer, clientId }: { readonly issuer: string; readonly clientId: string },
  now: number,
): Result<LogoutRequest, string> {
  const { iss, aud, iat, exp, jti, sub, sid, events, nonce } = claims
  // Section 2.4 recommends a type of its own; many providers give none.
  if (typ !== undefined && !/^(?:application\/)?(?:logout\+jwt|jwt)$/i.test(String(typ))) return err('typ is that of another token')
  if (iss !== issuer) return err('iss is another issuer')
  if (![aud].flat().includes(clientId)) return err('aud is another client')
  if (typeof iat !== 'number' || iat * 1000 > now + TOLERANCE_MS || iat * 1000 <= now - LOGOUT_TOKEN_MAX_AGE_MS)
    return err('iat is not of the last ten minutes')
  // Required since 2023, and left out by older providers: then its age decides.
  if (exp !== undefined && (typeof exp !== 'number' || exp * 1000 <= now - TOLERANCE_MS)) return err('exp is over')
  if (!isJsonObject(events) || !isJsonObject(events[EVENT])) return err('events has no logout')
  if (nonce !== undefined) return err('nonce is there, as in an id_token')
  if (!isId(jti)) return err('jti is missing')
  if ((sub !== undefined && !isId(sub)) || (sid !== undefined && !isId(sid)) || (sub ?? sid) === undefined)
    return err('neither sub nor sid says whose session it is')
  return ok({ issuer, jti, subject: sub, sid: sid })
}

const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= MAX_ID
