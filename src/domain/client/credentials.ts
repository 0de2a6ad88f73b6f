/** Client authentication (RFC 6749 section 2.3; threat-model.md T13, T14): reads the credentials, and verifies secrets. */
import { ASSERTION_TYPE, assertionSubject } from './client-assertion.ts'
import { authMethodsOf, isPublicClient } from './client-metadata.ts'
import type { AuthMethod } from './client-metadata.ts'
import { constantTimeEqual } from '../protocol/constant-time.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError, Refusal } from '../protocol/errors.ts'
import type { Client } from './client.ts'
import type { Resource } from '../resource/resource.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { sha256 } from '../protocol/sha256.ts'

export interface PresentedCredentials {
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** RFC 7523 section 2.2; not verified yet. */
  readonly assertion?: string | undefined
  readonly method: AuthMethod
}

/**
 * Reads credentials from the `Authorization` header and the form. The error is `invalid_request` or `invalid_client`.
 *
 * @param form the body, not validated: only strings count
 */
export function readCredentials(
  authorization: string | undefined,
  form: {
    readonly client_id?: unknown
    readonly client_secret?: unknown
    readonly client_assertion?: unknown
    readonly client_assertion_type?: unknown
  },
): Result<PresentedCredentials, OAuthError> {
  const formId = typeof form.client_id === 'string' && form.client_id !== '' ? form.client_id : undefined
  const formSecret = typeof form.client_secret === 'string' && form.client_secret !== '' ? form.client_secret : undefined
  if (form.client_assertion !== undefined || form.client_assertion_type !== undefined) {
    if (formSecret !== undefined || /^basic /i.test(authorization ?? ''))
      return refuse('invalid_request', 'the client must authenticate by one method only')
    return readAssertion(formId, form)
  }
  if (authorization !== undefined && /^basic /i.test(authorization)) {
    const basic = parseBasic(authorization)
    if (basic === undefined) return refuse('invalid_client', 'the Basic credentials are malformed')
    if (formSecret !== undefined) return refuse('invalid_request', 'the client must authenticate by one method only')
    if (formId !== undefined && formId !== basic.clientId) {
      return refuse('invalid_request', 'client_id differs from the one in the Authorization header')
    }
    return ok({ ...basic, method: 'client_secret_basic' })
  }
  if (formId === undefined) return refuse('invalid_client', 'client authentication is required')
  return ok({ clientId: formId, clientSecret: formSecret, method: formSecret === undefined ? 'none' : 'client_secret_post' })
}

/** RFC 7521 section 4.2: `client_id` is optional, but must name the same client. */
function readAssertion(
  clientId: string | undefined,
  form: { readonly client_assertion?: unknown; readonly client_assertion_type?: unknown },
): Result<PresentedCredentials, OAuthError> {
  const { client_assertion: assertion, client_assertion_type: type } = form
  if (type !== ASSERTION_TYPE) return refuseClient('client_assertion_type is missing or unknown')
  const subject = typeof assertion === 'string' ? assertionSubject(assertion) : undefined
  if (subject === undefined) return refuseClient('client_assertion is missing, or not a JWT with a sub')
  if (clientId !== undefined && clientId !== subject) return refuseClient('client_id differs from the sub of the assertion')
  return ok({ clientId: subject, clientSecret: undefined, assertion: assertion as string, method: 'private_key_jwt' })
}

/** Decodes both parts. Clients may skip the encoding, because our ids and secrets contain no character that it changes. */
function parseBasic(authorization: string): { clientId: string; clientSecret: string | undefined } | undefined {
  const decoded = Buffer.from(authorization.slice('basic '.length).trim(), 'base64').toString()
  const colon = decoded.indexOf(':')
  if (colon < 1) return undefined
  return { clientId: formDecode(decoded.slice(0, colon)), clientSecret: formDecode(decoded.slice(colon + 1)) || undefined }
}

function formDecode(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return value
  }
}

/**
 * Verifies a secret; an assertion is only checked for being registered, and still has to be verified. The error is the same for an
 * unknown client, a disabled one and a wrong secret. A client may use either of `client_secret_basic` and `client_secret_post`.
 *
 * @param now ms
 */
export function verifyClient(client: Client | undefined, presented: PresentedCredentials, now: number): Result<Client, OAuthError> {
  if (client === undefined || client.disabledAt !== undefined) return refuseClient('unknown or disabled client')
  if (presented.method === 'private_key_jwt') {
    const allowed = authMethodsOf(client.metadata).includes('private_key_jwt')
    return allowed ? ok(client) : refuseClient('the client did not register private_key_jwt')
  }
  if (client.secretHash === undefined) {
    if (presented.clientSecret !== undefined) return refuseClient('a client without a secret sent one')
    return isPublicClient(client) ? ok(client) : refuseClient('the client must authenticate by private_key_jwt')
  }
  if (presented.clientSecret === undefined) return refuseClient('a confidential client sent no secret')
  return matchSecret(client, presented.clientSecret, now) === undefined ? refuseClient('wrong client secret') : ok(client)
}

/** Which of the client's valid secrets matches, if any. */
export function matchSecret(client: Client, secret: string, now: number): 'current' | 'previous' | undefined {
  return matchHash(sha256(secret), client.secretHash, (client.previousSecretExpiresAt ?? 0) > now ? client.previousSecretHash : undefined)
}

/** Which of two stored hashes matches. Compares both in any case, so that the time tells nothing. */
export function matchHash(hash: string, current: string | undefined, previous: string | undefined): 'current' | 'previous' | undefined {
  const [isCurrent, isPrevious] = [current, previous].map((stored) => stored !== undefined && constantTimeEqual(hash, stored))
  return isCurrent === true ? 'current' : isPrevious === true ? 'previous' : undefined
}

/** Verifies the secret of a resource, which has no other way to authenticate. */
export function verifyResource(resource: Resource | undefined, { clientSecret }: PresentedCredentials): Result<Resource, OAuthError> {
  if (resource === undefined) return refuseClient('unknown resource')
  if (clientSecret === undefined) return refuseClient('a resource sent no secret')
  return constantTimeEqual(sha256(clientSecret), resource.secretHash) ? ok(resource) : refuseClient('wrong secret of a resource')
}

/** The one error of client authentication; `detail` is for the log. */
export function refuseClient(detail: string): Refusal {
  return refuse('invalid_client', 'the client is unknown, or its authentication failed', { detail })
}
