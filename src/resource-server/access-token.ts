/** Checks the claims of an access token for this resource, by the same rules for JWTs and opaque tokens. */
import { isExpired, isInFuture } from '../domain/protocol/jwt.ts'
import { resourceKey } from '../domain/protocol/resource-indicator.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { parseScope } from '../domain/protocol/scope.ts'

/** A verified access token. It has the members of the MCP SDK's `AuthInfo`, so that you can pass it to every tool as `request.auth`. */
export interface AccessToken {
  /** As the client sent it. */
  readonly token: string
  /** The user, or the client itself if no user logged in. */
  readonly subject: string
  readonly clientId: string
  readonly scopes: string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
  readonly resource: URL
  /** All claims. */
  readonly extra: Record<string, unknown>
}

/** How far the clocks of both servers may be apart, in seconds. */
export const SKEW = 5

/**
 * Checks claims whose origin is proved by a signature or by the issuer's answer.
 *
 * @param now milliseconds since the epoch
 * @returns the token, or what is wrong with it
 */
export function readAccessToken(
  token: string,
  claims: Readonly<Record<string, unknown>>,
  { issuer, resource }: { readonly issuer: string; readonly resource: string },
  now: number,
): Result<AccessToken, string> {
  const { iss, aud, sub, client_id: clientId, exp, nbf, scope } = claims
  if (iss !== issuer) return err('the access token is of another issuer')
  if (![aud].flat().some((audience) => typeof audience === 'string' && resourceKey(audience) === resourceKey(resource)))
    return err('the access token is for another resource')
  if (typeof exp !== 'number' || isExpired(exp, now, SKEW)) return err('the access token has expired')
  if (isInFuture(nbf, now, SKEW)) return err('the access token is not valid yet')
  if (typeof sub !== 'string' || typeof clientId !== 'string') return err('the access token names no subject or no client')
  const scopes = parseScope(typeof scope === 'string' ? scope : undefined)
  return ok({ token, subject: sub, clientId, scopes, expiresAt: exp, resource: new URL(resource), extra: { ...claims } })
}
