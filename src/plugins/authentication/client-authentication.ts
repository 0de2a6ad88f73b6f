/**
 * Identifies the sender of a request (RFC 6749 section 2.3). Owns the order of checks; not the rules for secrets
 * (domain/client/credentials.ts). An endpoint calls it before it reads anything else of the request.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { unauthorizedClient } from '../../domain/client/client-approval.ts'
import type { Client } from '../../domain/client/client.ts'
import { readCredentials, verifyClient, verifyResource } from '../../domain/client/credentials.ts'
import type { PresentedCredentials } from '../../domain/client/credentials.ts'
import { isResourceId } from '../../domain/resource/resource.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import type { VerifyAssertion } from './client-assertion.ts'
import type { FindClient } from './find-client.ts'

/** Who asks about a token: a client, or a resource that tokens are for. */
export type Caller =
  | { readonly client: Client; readonly resource?: undefined }
  | { readonly resource: Resource; readonly client?: undefined }

/**
 * The client that sends the request.
 *
 * @throws {OAuthError} `invalid_client` (401), `invalid_request` if it authenticates in two ways at once, or `temporarily_unavailable`
 *   if its document or its keys could not be had
 */
export type AuthenticateClient = (request: FastifyRequest) => Promise<Client>
/** The client or the resource that sends the request; throws the same. */
export type AuthenticateCaller = (request: FastifyRequest) => Promise<Caller>

interface Needs {
  readonly findClient: FindClient
  readonly verifyAssertion: VerifyAssertion
}

export function createClientAuthentication(
  app: FastifyInstance,
  { findClient, verifyAssertion }: Needs,
): { authenticateClient: AuthenticateClient; authenticateCaller: AuthenticateCaller } {
  const authenticateClient: AuthenticateClient = async (request) => authenticate(request, present(request))

  const authenticateCaller: AuthenticateCaller = async (request) => {
    const presented = present(request)
    if (!isResourceId(presented.clientId)) return { client: await authenticate(request, presented) }
    const verified = verifyResource(await app.storage.resources.find(presented.clientId), presented)
    if (!verified.ok) throw verified.error
    return { resource: verified.value }
  }

  function present(request: FastifyRequest): PresentedCredentials {
    const presented = readCredentials(request.headers.authorization, request.body ?? {})
    if (!presented.ok) throw presented.error
    return presented.value
  }

  async function authenticate(request: FastifyRequest, presented: PresentedCredentials): Promise<Client> {
    const found = await findClient(presented.clientId, request)
    if (!found.ok) {
      const { away, denied } = found.error
      if (denied !== undefined) throw unauthorizedClient(denied.client, denied.denial)
      throw away ?? found.error // a client that is called unknown throws its tokens away
    }
    const verified = verifyClient(found.value, presented, app.now())
    if (!verified.ok) throw verified.error
    if (presented.assertion === undefined) return verified.value
    const asserted = await verifyAssertion(verified.value, presented.assertion, request)
    if (!asserted.ok) throw asserted.error
    return asserted.value
  }

  return { authenticateClient, authenticateCaller }
}
