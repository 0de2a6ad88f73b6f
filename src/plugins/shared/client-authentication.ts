/** Decorates `app.authenticateClient()` (RFC 6749 section 2.3). Before anything else of a request is looked at. */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { readCredentials, verifyClient } from '../../domain/credentials.ts'
import type { Client } from '../../domain/records.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The client that sends the request.
     *
     * @throws {OAuthError} `invalid_client` (401), or `invalid_request` if it authenticates in two ways at once
     */
    authenticateClient(request: FastifyRequest): Promise<Client>
  }
}

const clientAuthentication: FastifyPluginAsync = async (app) => {
  app.decorate('authenticateClient', async (request) => {
    const presented = readCredentials(request.headers.authorization, (request.body ?? {}) as Record<string, unknown>)
    if (!presented.ok) throw presented.error
    const { clientId, assertion } = presented.value
    const found = await app.findClient(clientId, request)
    if (!found.ok) throw found.error
    const verified = verifyClient(found.value, presented.value, app.now())
    if (!verified.ok) throw verified.error
    if (assertion === undefined) return verified.value
    const asserted = await app.verifyAssertion(verified.value, assertion, request)
    if (!asserted.ok) throw asserted.error
    return asserted.value
  })
}
export default fp(clientAuthentication, { name: 'client-authentication', dependencies: ['clock', 'clients', 'client-assertion'] })
