/** Client metadata on how authorization requests are sent: plain, as request objects, or pushed. */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { ASSERTION_ALGS } from './client-keys.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** How a request object may be signed. Unsigned ones (`none`) are refused from clients that registered another algorithm. */
export const REQUEST_OBJECT_ALGS = ['none', ...ASSERTION_ALGS] as const
export type RequestObjectAlg = (typeof REQUEST_OBJECT_ALGS)[number]

export interface RequestMembers {
  /** The only algorithm for its request objects; absent for any of them. */
  readonly requestObjectSigningAlg?: RequestObjectAlg | undefined
  /** Whether every request must be a signed object (RFC 9101 section 10.5). */
  readonly requireSignedRequestObject?: boolean | undefined
  /** Whether every request must be pushed (RFC 9126 section 6). */
  readonly requirePushedAuthorizationRequests?: boolean | undefined
}

/** Drops an unsupported algorithm, so it is absent from the response. The error is a sentence. */
export function parseRequestMembers(body: RegistrationRequest): Result<RequestMembers, string> {
  const requestObjectSigningAlg = REQUEST_OBJECT_ALGS.find((alg) => alg === body.request_object_signing_alg)
  const requireSignedRequestObject = body.require_signed_request_object ?? undefined
  if (requestObjectSigningAlg === 'none' && requireSignedRequestObject === true)
    return err('require_signed_request_object does not go with request_object_signing_alg none')
  return ok({
    requestObjectSigningAlg,
    requireSignedRequestObject,
    requirePushedAuthorizationRequests: body.require_pushed_authorization_requests ?? undefined,
  })
}
