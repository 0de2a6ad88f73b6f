/**
 * POST /register (RFC 7591 section 3). Owns reading the body and the answer; not which metadata may be registered
 * (shared/client-registration.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { renderClientMetadata } from '../domain/client-information.ts'
import { sha256 } from '../domain/credentials.ts'
import { OAuthError } from '../domain/errors.ts'
import type { Client } from '../domain/records.ts'
import { isSharable, shareKey } from '../domain/shared-client.ts'
import { newId, newSecret } from '../keys/random.ts'
import { PATHS } from '../schemas/paths.ts'
import { RegistrationRequest, RegistrationResponse } from '../schemas/registration.ts'
import { parseJsonBody } from './shared/json-body.ts'
import { shapeError } from './shared/shape.ts'

const badRequest = { code: 'invalid_client_metadata', description: 'Invalid JSON in request body' } as const

const registration: FastifyPluginAsyncTypebox = async (app) => {
  const { clients } = app.storage
  // JSON and nothing else: a form that happens to name the members is no registration.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parseJsonBody)

  app.post(
    PATHS.register,
    {
      attachValidation: true,
      config: { badRequest, rateLimit: app.limits.register },
      schema: { body: RegistrationRequest, response: { 201: RegistrationResponse } },
    },
    async (request, reply) => {
      if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body)) {
        throw new OAuthError(badRequest.code, badRequest.description)
      }
      const malformed = shapeError(request, badRequest.code)
      if (malformed !== undefined) {
        const { description } = malformed
        if (!description.startsWith('redirect_uris')) throw malformed
        throw new OAuthError('invalid_redirect_uri', description.endsWith('type') ? 'redirect_uris is required and must be a non-empty array of strings' : description)
      }
      const metadata = await app.judgeRegistration(request.body)

      const secret = metadata.tokenEndpointAuthMethod.startsWith('client_secret_') ? newSecret() : undefined
      const client: Client = {
        id: `client_${newId()}`,
        secretHash: secret === undefined ? undefined : sha256(secret),
        metadata,
        origin: 'registration',
        createdAt: app.now(),
      }
      const { id, createdAt } = await app.admitClient(async () => {
        if (app.settings.shareIdenticalClients && isSharable(metadata)) return clients.insertShared(client, shareKey(metadata))
        await clients.insert(client)
        return client
      })
      request.log.info({ client: id, name: metadata.display['client_name'] }, 'client registered')
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({
          client_id: id,
          ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
          client_id_issued_at: Math.floor(createdAt / 1000),
          ...renderClientMetadata(metadata),
        })
    },
  )
}
export default fp(registration, { name: 'registration', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'limits', 'client-cap', 'client-registration', 'errors'] })
