/** Decorates `app.authenticateClient()` (RFC 6749 section 2.3) and `app.authenticateCaller()`. Before anything else of a request is looked at. */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { readCredentials, verifyClient, verifyResource } from '../../domain/client/credentials.ts'
import type { PresentedCredentials } from '../../domain/client/credentials.ts'
import type { Client } from '../../domain/client/client.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { isResourceId } from '../../domain/resource/resource.ts'

/** Who asks about a token: a client, or a resource that tokens are for. */
export type Caller =
  { readonly client: Client; readonly resource?: undefined } | { readonly resource: Resource; readonly client?: undefined }

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The client that sends the request.
     *
     * @throws {OAuthError} `invalid_client` (401), or `invalid_request` if it authenticates in two ways at once
     */
    authenticateClient(request: FastifyRequest): Promise<Client>
    /** The client or the resource that sends the request; throws the same. */
    authenticateCaller(request: FastifyRequest): Promise<Caller>
  }
}

const clientAuthentication: FastifyPluginAsync = async (app) => {
  app.decorate('authenticateClient', (request) => authenticate(request, present(request)))

  app.decorate('authenticateCaller', async (request) => {
    const presented = present(request)
    if (!isResourceId(presented.clientId)) return { client: await authenticate(request, presented) }
    const verified = verifyResource(await app.storage.resources.find(presented.clientId), presented)
    if (!verified.ok) throw verified.error
    return { resource: verified.value }
  })

  function present(request: FastifyRequest): PresentedCredentials {
    const presented = readCredentials(request.headers.authorization, request.body ?? {})
    if (!presented.ok) throw presented.error
    return presented.value
  }

  async function authenticate(request: FastifyRequest, presented: PresentedCredentials): Promise<Client> {
    const found = await app.findClient(presented.clientId, request)
    if (!found.ok) throw found.error
    const verified = verifyClient(found.value, presented, app.now())
    if (!verified.ok) throw verified.error
    if (presented.assertion === undefined) return verified.value
    const asserted = await app.verifyAssertion(verified.value, presented.assertion, request)
    if (!asserted.ok) throw asserted.error
    return asserted.value
  }
}
export default fp(clientAuthentication, {
  name: 'client-authentication',
  dependencies: ['storage', 'clock', 'clients', 'client-assertion'],
})
