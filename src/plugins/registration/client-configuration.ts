/**
 * GET, PUT and DELETE /register/{client_id} (RFC 7592): a client reads, replaces and deletes its own registration. Owns the
 * registration access token; not which metadata may be registered (validate-registration.ts), nor what an update does to a client
 * (domain/client/client-management.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { newSecret } from '../../crypto/random.ts'
import { changedDetails, registeredDetails } from '../../domain/audit/audit-details.ts'
import { checkUpdate, clientInformation, updateClient } from '../../domain/client/client-management.ts'
import type { RegisteredClient } from '../../domain/client/client.ts'
import { matchHash } from '../../domain/client/credentials.ts'
import { applyPolicy } from '../../domain/client/registration-policy.ts'
import { shareKey } from '../../domain/client/shared-client.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { ClientParameters, ClientUpdateRequest } from '../../schemas/client-configuration.ts'
import { PATHS } from '../../schemas/paths.ts'
import { RegistrationResponse } from '../../schemas/registration.ts'
import { askForToken, bearerToken, challenge } from '../authentication/bearer.ts'
import type { Audit } from '../kernel/audit.ts'
import { curl, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { acceptJson, badRequest, checkBody } from './registration-body.ts'
import type { ValidateRegistration } from './validate-registration.ts'

interface Needs {
  readonly audit: Audit
  readonly validateRegistration: ValidateRegistration
}

/** The client that manages itself, and the token by which it does. */
interface Managed {
  readonly client: RegisteredClient
  readonly token: string
  /** Whether it is the newest token: then the previous one is no longer needed. */
  readonly newest: boolean
}

const endpoint: Endpoint = {
  id: 'client_configuration',
  group: 'flow',
  standards: [rfc(7592, 'Client Management')],
  curl: (url) => curl(`"${url.replace('{client_id}', '$CLIENT_ID')}"`, '-H "Authorization: Bearer $REGISTRATION_TOKEN"'),
}

const clientConfiguration: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, validateRegistration }) => {
  const { issuer } = app.settings
  const { clients } = app.storage
  const config = { audience: 'api', badRequest } as const
  app.setErrorHandler(audit.refusal)

  // Some clients announce a body and send none.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null))

  app.get(
    PATHS.clientConfiguration,
    {
      config: { ...config, endpoint, rateLimit: app.limits.register },
      schema: { params: ClientParameters, response: { 200: RegistrationResponse } },
    },
    async (request, reply) => {
      const { client, token, newest } = await authenticate(request, reply)
      if (newest && client.previousRegistrationAccessTokenHash !== undefined)
        await clients.confirmRegistrationAccessToken(client.id, sha256(token))
      return reply.header('cache-control', 'no-store').send(clientInformation(client, issuer, { registrationAccessToken: token }))
    },
  )

  const change = { config, onRequest: app.limits.registrationHooks }
  app.delete(PATHS.clientConfiguration, { ...change, schema: { params: ClientParameters } }, async (request, reply) => {
    const { client } = await authenticate(request, reply)
    const event = audit.event(request, { name: 'client.deleted', clientId: client.id, details: registeredDetails(client.metadata) })
    if (!(await clients.delete(client.id, audit.kept(event)))) throw refuseToken(reply)
    audit.log(request, event)
    return reply.code(204).header('cache-control', 'no-store').send()
  })

  await app.register(async (updates: typeof app) => {
    acceptJson(updates)
    updates.put(
      PATHS.clientConfiguration,
      {
        attachValidation: true,
        ...change,
        schema: { params: ClientParameters, body: ClientUpdateRequest, response: { 200: RegistrationResponse } },
      },
      async (request, reply) => {
        const { client: before, token } = await authenticate(request, reply)
        checkBody(request)
        const presentedSecret = checkUpdate(request.body, before, app.now())
        if (!presentedSecret.ok) throw presentedSecret.error
        const allowed = applyPolicy(await validateRegistration(request, request.body, before.metadata.securityProfile), before.policy ?? {})
        if (!allowed.ok) throw allowed.error

        const secret = newSecret()
        const registrationAccessToken = newSecret()
        const after = updateClient(before, allowed.value, {
          secretHash: sha256(secret),
          registrationAccessTokenHash: sha256(registrationAccessToken),
          usedRegistrationAccessTokenHash: sha256(token),
          presentedSecret: presentedSecret.value,
          now: app.now(),
          secretOverlap: app.settings.clientSecretOverlap,
        })
        const event = audit.event(request, { name: 'client.updated', clientId: after.id, details: changedDetails(before, after) })
        const isOther = shareKey(after.metadata) !== shareKey(before.metadata)
        if (!(await clients.update({ before, after, isOther }, audit.kept(event)))) {
          throw new OAuthError('invalid_request', 'the registration was changed at the same moment: read it and try again', { status: 409 })
        }
        audit.log(request, event)
        const issued = after.secretHash === sha256(secret) ? secret : undefined
        return reply.header('cache-control', 'no-store').send(clientInformation(after, issuer, { secret: issued, registrationAccessToken }))
      },
    )
  })

  /**
   * RFC 7592 section 2: an unknown client and a wrong token get the same answer, 401; one that an operator disabled gets 403.
   * Tokens are stored with their client, so none outlives it.
   */
  async function authenticate(request: FastifyRequest<{ Params: ClientParameters }>, reply: FastifyReply): Promise<Managed> {
    const token = bearerToken(request)
    if (token === undefined) throw askForToken(reply, 'the registration access token is required')
    const found = await clients.find(request.params.client_id)
    const client = found?.origin === 'registration' ? found : undefined
    const match = matchHash(sha256(token), client?.registrationAccessTokenHash, client?.previousRegistrationAccessTokenHash)
    if (client === undefined || match === undefined) throw refuseToken(reply)
    request.actor = 'client'
    if (client.disabledAt !== undefined)
      throw new OAuthError('access_denied', 'the operator of this server disabled this client', { status: 403 })
    return { client, token, newest: match === 'current' }
  }

  function refuseToken(reply: FastifyReply): OAuthError {
    return challenge(reply, new OAuthError('invalid_token', 'the client is unknown, or the registration access token is not its own'))
  }
}
export default fp(clientConfiguration, {
  name: 'client-configuration',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'rate-limits'],
})
