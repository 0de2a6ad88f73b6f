/**
 * Request objects (RFC 9101, OpenID Connect Core section 6): the parameters of an authorization request as the claims of a
 * JWT. Pure claims; whether the client signed it is judged elsewhere (plugins/authorization/request-objects.ts).
 *
 * One rule says what counts, signed or not: what the object holds, and nothing beside it (RFC 9101 section 6.3). Beside it
 * stand `client_id`, which must be the same, and, where the object has none, `response_type`: OpenID Connect wants it
 * there, and it can say one thing only.
 */
import { Value } from '@sinclair/typebox/value'
import { AuthorizationParameters, isAuthorizationParameter } from '../../schemas/authorization.ts'
import { isJsonObject } from '../protocol/json.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { sha256 } from '../protocol/sha256.ts'
import { isExpired, isInFuture, unverifiedClaims, unverifiedHeader } from '../protocol/jwt.ts'

/** RFC 9101 section 10.8: other JWTs of the client name another type; most name none, or `JWT`. */
const TYPES = new Set(['oauth-authz-req+jwt', 'application/oauth-authz-req+jwt', 'jwt'])

/**
 * The parameters that an object holds; the error completes a sentence.
 *
 * @param beside the request's parameters outside of the object
 * @param now milliseconds since the epoch
 */
export function parseRequestObject(
  jwt: string,
  beside: AuthorizationParameters,
  issuer: string,
  now: number,
): Result<AuthorizationParameters, string> {
  const header = unverifiedHeader(jwt)
  const claims = unverifiedClaims(jwt)
  if (header === undefined || claims === undefined) return err('is not a JWT that can be read; encrypted ones are not supported')
  if (header['typ'] !== undefined && !TYPES.has(String(header['typ']).toLowerCase())) return err('is a JWT of another type')
  const problem = checkClaims(claims, beside.client_id, issuer, now)
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

/** As it would stand in a query: `max_age` is a number here, and `claims` an object. */
function asParameter(value: unknown): unknown {
  if (typeof value === 'number') return String(value)
  return isJsonObject(value) ? JSON.stringify(value) : value
}

/** Whether it says that nobody signed it, and nobody did (RFC 7519 section 6). */
export const isUnsecured = (jwt: string): boolean => unverifiedHeader(jwt)?.['alg'] === 'none' && jwt.split('.')[2] === ''

/** Whether the client registered that its objects are there (OpenID Connect Core section 6.2): the fragment only tells one version of them from another. */
export const isRegisteredRequestUri = (uri: string, registered: readonly string[]): boolean =>
  registered.some((known) => withoutFragment(known) === withoutFragment(uri))

const withoutFragment = (uri: string): string => uri.split('#', 1)[0]!

/** Whether what was found there is what the URI promises: a fragment is the SHA-256 of it, in base64url (OpenID Connect Core section 6.2). */
export function matchesUriFragment(uri: string, body: string): boolean {
  const fragment = uri.slice(withoutFragment(uri).length + 1)
  return fragment === '' || fragment === sha256(body)
}
