/**
 * Identifies the sender of a request (RFC 6749 section 2.3). Owns the order of checks; not the rules for secrets
 * (domain/client/credentials.ts). An endpoint calls it before it acts on anything else of the request.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { unauthorizedClient } from '../../domain/client/client-approval.ts'
import { isDocumentUrl } from '../../domain/client/client-document.ts'
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
/**
 * The client or the resource that sends the request; throws the same.
 *
 * @param read how to read it, for an endpoint that reads something else in the same statement
 */
export type AuthenticateCaller = (request: FastifyRequest, read?: ReadCaller) => Promise<Caller>

/** Reads who claims to send a request, by its id. */
export interface ReadCaller {
  client(id: string): Promise<Client | undefined>
  resource(id: string): Promise<Resource | undefined>
}

interface Needs {
  readonly findClient: FindClient
  readonly verifyAssertion: VerifyAssertion
}

export function createClientAuthentication(
  app: FastifyInstance,
  { findClient, verifyAssertion }: Needs,
): { authenticateClient: AuthenticateClient; authenticateCaller: AuthenticateCaller } {
  const authenticateClient: AuthenticateClient = async (request) => authenticate(request, present(request))

  const authenticateCaller: AuthenticateCaller = async (request, read) => {
    const presented = present(request)
    const { clientId, clientSecret } = presented
    if (!isResourceId(clientId)) {
      // A secret needs nothing but the client's row. For a document or for keys we may wait, and what was read before that would be old.
      const isQuick = clientSecret !== undefined && !isDocumentUrl(clientId)
      return { client: await authenticate(request, presented, isQuick ? read?.client : undefined) }
    }
    const resource = await (read === undefined ? app.storage.resources.find(clientId) : read.resource(clientId))
    const verified = verifyResource(resource, presented)
    if (!verified.ok) throw verified.error
    return { resource: verified.value }
  }

  function present(request: FastifyRequest): PresentedCredentials {
    const presented = readCredentials(request.headers.authorization, request.body ?? {})
    if (!presented.ok) throw presented.error
    return presented.value
  }

  async function authenticate(request: FastifyRequest, presented: PresentedCredentials, read?: ReadCaller['client']): Promise<Client> {
    const found = await findClient(presented.clientId, request, read)
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
