/**
 * Request objects (RFC 9101, OpenID Connect Core section 6): the parameters of an authorization request as the claims of a
 * JWT. Checks the claims only; plugins/authorization/request-objects.ts verifies the signature.
 */
import { Value } from '@sinclair/typebox/value'
import { AuthorizationParameters, isAuthorizationParameter } from '../../schemas/authorization.ts'
import { isJsonObject } from '../protocol/json.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isExpired, isInFuture, unverifiedClaims, unverifiedHeader } from '../protocol/jwt.ts'

/** RFC 9101 section 10.8: other JWTs of a client may have other types. Most request objects have no type, or `JWT`. */
const TYPES = new Set(['oauth-authz-req+jwt', 'application/oauth-authz-req+jwt', 'jwt'])

/**
 * Reads the parameters in a request object. Signed or not, nothing outside of it counts (RFC 9101 section 6.3), with two
 * exceptions: `client_id`, which must be the same, and `response_type` if the object has none, because OpenID Connect requires it
 * outside.
 *
 * @param beside the request's parameters outside of the object
 * @param now ms since the epoch
 * @param isStrict whether the object must say for whom it is, and for how long
 * @returns the parameters, or the rest of a sentence that begins with the object's name
 */
export function parseRequestObject(
  jwt: string,
  beside: AuthorizationParameters,
  issuer: string,
  now: number,
  isStrict = false,
): Result<AuthorizationParameters, string> {
  const header = unverifiedHeader(jwt)
  const claims = unverifiedClaims(jwt)
  if (header === undefined || claims === undefined) return err('is not a JWT that can be read; encrypted ones are not supported')
  if (header['typ'] !== undefined && !TYPES.has(String(header['typ']).toLowerCase())) return err('is a JWT of another type')
  const problem = checkClaims(claims, beside.client_id, issuer, now) ?? (isStrict ? checkStrictly(claims, now) : undefined)
  if (problem !== undefined) return err(problem)
  const held = Object.entries(claims).filter(([name]) => isAuthorizationParameter(name))
  const parameters = Object.fromEntries(held.map(([name, value]) => [name, asParameter(value)])) as AuthorizationParameters
  const mismatch = Value.Errors(AuthorizationParameters, parameters).First()
  if (mismatch !== undefined) return err(`has a ${mismatch.path.split('/')[1]} of the wrong type or size`)
  return ok({ ...(beside.response_type !== undefined && { response_type: beside.response_type }), ...parameters })
}

function checkClaims(
  claims: Readonly<Record<string, unknown>>,
  clientId: string | undefined,
  issuer: string,
  now: number,
): string | undefined {
  const { client_id: ownId, iss, sub, aud, exp, nbf } = claims
  if (claims['request'] !== undefined || claims['request_uri'] !== undefined) return 'must not hold request or request_uri'
  if (ownId !== clientId) return 'must hold the client_id of the request'
  if (iss !== undefined && iss !== clientId) return 'must have the client_id as its iss'
  if (sub === clientId) return 'must not have the client_id as its sub: so do assertions'
  if (aud !== undefined && ![aud].flat().includes(issuer)) return `must have ${issuer} as its aud`
  if (exp !== undefined && isExpired(exp, now)) return 'has expired'
  if (isInFuture(nbf, now)) return 'is not valid yet'
  return undefined
}

/** Longest time that a strict object may be valid, and how old it may be, in seconds. */
const MAX_LIFETIME = 60 * 60

/** FAPI 2.0 Message Signing section 5.3.1; `checkClaims` has passed. */
function checkStrictly({ aud, exp, nbf }: Readonly<Record<string, unknown>>, now: number): string | undefined {
  if (aud === undefined) return 'has no aud'
  if (typeof nbf !== 'number' || nbf < now / 1000 - MAX_LIFETIME) return 'has no nbf, or one of more than an hour ago'
  if (typeof exp !== 'number' || exp > nbf + MAX_LIFETIME) return 'has no exp, or one of more than an hour after its nbf'
  return undefined
}

/** A claim as a query would hold it: in an object, `max_age` is a number and `claims` an object. */
function asParameter(value: unknown): unknown {
  if (typeof value === 'number') return String(value)
  return isJsonObject(value) ? JSON.stringify(value) : value
}

/** Whether a JWT is unsecured (RFC 7519 section 6): its algorithm is `none`, and its signature is empty. */
export const isUnsecured = (jwt: string): boolean => unverifiedHeader(jwt)?.['alg'] === 'none' && jwt.split('.')[2] === ''

/**
 * Whether the client registered the URI (OpenID Connect Core section 6.2). The fragment doesn't count: it names a version, for servers
 * that keep what they fetched.
 */
export const isRegisteredRequestUri = (uri: string, registered: readonly string[]): boolean =>
  registered.some((known) => withoutFragment(known) === withoutFragment(uri))

export const withoutFragment = (uri: string): string => uri.split('#', 1)[0]!
