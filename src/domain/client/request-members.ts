/** How a client says that it will send its authorization requests: in the open, signed, or pushed. */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { ASSERTION_ALGS } from './client-keys.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** How a request object may be signed; `none`, unsigned, only for a client that registered just that. */
export const REQUEST_OBJECT_ALGS = ['none', ...ASSERTION_ALGS] as const
export type RequestObjectAlg = (typeof REQUEST_OBJECT_ALGS)[number]

export interface RequestMembers {
  /** The only algorithm of its request objects; absent: any by which they are signed. */
  readonly requestObjectSigningAlg?: RequestObjectAlg | undefined
  /** Every request comes as a signed object (RFC 9101 section 10.5). */
  readonly requireSignedRequestObject?: boolean | undefined
  /** Every request is pushed (RFC 9126 section 6). */
  readonly requirePushedAuthorizationRequests?: boolean | undefined
}

/** The error is a sentence. An algorithm that isn't supported is left out, which the client is told by its absence. */
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
