/**
 * Where the parameters of an authorization request come from, if not from the query (RFC 9101, RFC 9126; threat-model.md T2, T4,
 * T11). Owns who may send them how; not what they ask for.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isPushedRequestUri } from '../../domain/authorization/pushed-request.ts'
import { isRegisteredRequestUri, isUnsecured, parseRequestObject, withoutFragment } from '../../domain/authorization/request-object.ts'
import type { Client } from '../../domain/client/client.ts'
import { acceptedAlgs, isFapi } from '../../domain/client/security-profile.ts'
import { OAuthError, refuse } from '../../domain/protocol/errors.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { createDocumentSource } from '../../fetch/document-source.ts'
import type { SafeFetch } from '../../fetch/safe-fetch.ts'
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { keysAway } from '../authentication/signatures.ts'
import type { VerifySignature } from '../authentication/signatures.ts'
import { noRoom } from '../kernel/outside-lane.ts'
import type { WaitOutside } from '../kernel/outside-lane.ts'
import { createFetchLimit } from '../kernel/rate-limits.ts'
import { withoutEmpty } from '../kernel/validation-error.ts'
import { tooLong } from './post-to-get.ts'

export interface ReceivedParameters {
  readonly parameters: AuthorizationParameters
  /** Why they no longer count; the error goes where they say. */
  readonly problem?: OAuthError | undefined
  /** The hash of the `request_uri` under which they were pushed. */
  readonly pushedAs?: string | undefined
}

/** `given`: the parameters outside the object. */
type Receive<T> = (request: FastifyRequest, client: Client, given: AuthorizationParameters) => Promise<Result<T, OAuthError>>

/** The parameters of the request's object, or its own if it has none; refused if the client has to send one. */
export type OpenRequestObject = Receive<AuthorizationParameters>
/** The same at the authorization endpoint, where they may have been pushed, or have to be. */
export type ReceiveParameters = Receive<ReceivedParameters>

interface Needs {
  readonly safeFetch: SafeFetch
  readonly waitOutside: WaitOutside
  readonly verifySignature: VerifySignature
}

export function createRequestObjects(
  app: FastifyInstance,
  { safeFetch, waitOutside, verifySignature }: Needs,
): { openRequestObject: OpenRequestObject; receiveParameters: ReceiveParameters } {
  const { issuer, requirePar } = app.settings
  const source = createDocumentSource(
    (url, options) => safeFetch(url, { ...options, accept: 'jwt' }),
    (_url, body) => ok(body),
    app.now,
  )
  const isOverLimit = createFetchLimit(app)

  const openRequestObject: OpenRequestObject = async (request, client, given) => {
    const { request: object, request_uri: uri } = given
    const { requireSignedRequestObject } = client.metadata
    if (object === undefined && uri === undefined) {
      return requireSignedRequestObject === true
        ? refuse('invalid_request', 'this client has to send its requests as signed objects (RFC 9101)')
        : ok(given)
    }
    // RFC 9101 section 5: "If this parameter is present in the authorization request, request_uri MUST NOT be present."
    if (object !== undefined && uri !== undefined) return refuse('invalid_request', 'request and request_uri must not both be given')
    const jwt = uri === undefined ? ok(object!) : await fetchObject(request, client, uri)
    return jwt.ok ? verify(request, client, given, jwt.value) : jwt
  }

  const receiveParameters: ReceiveParameters = async (request, client, given) => {
    const { request: object, request_uri: uri } = given
    if (uri !== undefined && object === undefined && isPushedRequestUri(uri)) {
      const pushedAs = sha256(uri)
      const pushed = await app.storage.pushedRequests.find(pushedAs, app.now())
      // RFC 9126 section 2.2: "The request_uri value MUST be bound to the client that posted the authorization request."
      if (pushed?.clientId !== client.id) return refuse('invalid_request_uri', 'request_uri has expired, or is not of this client')
      const problem = pushed.used ? new OAuthError('invalid_request_uri', 'request_uri was already used') : undefined
      return ok({ parameters: pushed.parameters, pushedAs, problem })
    }
    if (requirePar || client.metadata.requirePushedAuthorizationRequests === true) {
      return refuse('invalid_request', 'this client has to push its authorization requests (RFC 9126)')
    }
    const opened = await openRequestObject(request, client, given)
    return opened.ok ? ok({ parameters: opened.value }) : opened
  }

  async function fetchObject(
    request: FastifyRequest,
    { metadata: { requestUris = [] } }: Client,
    uri: string,
  ): Promise<Result<string, OAuthError>> {
    if (!isRegisteredRequestUri(uri, requestUris))
      return refuse('invalid_request_uri', 'request_uri is not one that this client registered')
    if (await isOverLimit(request))
      return refuse('temporarily_unavailable', 'too many request objects were asked for from this address: try again later')
    const fetched = await waitOutside(request, uri, (sender) => source(withoutFragment(uri), sender))
    if (!fetched.ok && fetched.error.kind === 'busy') return err(noRoom(fetched.error.reason))
    if (!fetched.ok) return refuse('invalid_request_uri', 'request_uri could not be fetched', { detail: fetched.error.reason })
    return ok(fetched.value.value.trim())
  }

  /** Claims first, which cost nothing; then the signature, by what the client registered, never by what the object says (T11). */
  async function verify(
    request: FastifyRequest,
    { metadata }: Client,
    given: AuthorizationParameters,
    jwt: string,
  ): Promise<Result<AuthorizationParameters, OAuthError>> {
    if (tooLong(jwt) !== undefined) return refuse('invalid_request_object', 'the request object is too long')
    const parsed = parseRequestObject(jwt, given, issuer, app.now(), isFapi(metadata))
    if (!parsed.ok) return refuse('invalid_request_object', `the request object ${parsed.error}`)
    const { requestObjectSigningAlg: alg } = metadata
    if (alg === 'none') {
      return isUnsecured(jwt)
        ? ok(withoutEmpty(parsed.value))
        : refuse('invalid_request_object', 'the request object must be unsigned, as this client registered')
    }
    // Who may send plain parameters may send them in an unsigned object, unless the client registered that it signs.
    const mustSign = alg !== undefined || metadata.requireSignedRequestObject === true || isFapi(metadata)
    if (isUnsecured(jwt) && !mustSign) return ok(withoutEmpty(parsed.value))
    const signed = await verifySignature(request, jwt, metadata, acceptedAlgs(metadata, alg))
    if (signed.ok) return ok(withoutEmpty(parsed.value))
    const { mayPass, reason: detail } = signed.error
    if (mayPass) return err(keysAway(detail))
    return refuse('invalid_request_object', 'the request object is not signed by a registered key of this client', { detail })
  }

  return { openRequestObject, receiveParameters }
}
