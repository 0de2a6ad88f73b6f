/**
 * POST /register (RFC 7591 section 3). Owns who may register, and the answer; not which metadata may be registered
 * (validate-registration.ts, domain/client/registration-policy.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { newRecordId, newSecret } from '../../crypto/random.ts'
import { registeredDetails } from '../../domain/audit/audit-details.ts'
import { renderClientMetadata } from '../../domain/client/client-information.ts'
import { clientInformation, usesSecret } from '../../domain/client/client-management.ts'
import { admitClient } from '../../domain/client/client-approval.ts'
import type { RegisteredClient } from '../../domain/client/client.ts'
import { isUsable } from '../../domain/client/initial-access-token.ts'
import type { InitialAccessToken } from '../../domain/client/initial-access-token.ts'
import { applyPolicy } from '../../domain/client/registration-policy.ts'
import { isSharable, shareKey } from '../../domain/client/shared-client.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { PATHS } from '../../schemas/paths.ts'
import { RegistrationRequest, RegistrationResponse } from '../../schemas/registration.ts'
import { askForToken, bearerToken, challenge } from '../authentication/bearer.ts'
import type { Audit } from '../kernel/audit.ts'
import { curlPost, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import type { WithClientQuota } from './client-quota.ts'
import { acceptJson, badRequest, checkBody } from './registration-body.ts'
import type { ValidateRegistration } from './validate-registration.ts'

interface Needs {
  readonly audit: Audit
  readonly validateRegistration: ValidateRegistration
  readonly withClientQuota: WithClientQuota
}

const endpoint: Endpoint = {
  id: 'registration',
  group: 'flow',
  member: 'registration_endpoint',
  standards: [rfc(7591, 'Dynamic Client Registration')],
  curl: (url) =>
    curlPost(
      url,
      "-H 'Content-Type: application/json'",
      `-d '{"client_name":"curl",\n      "grant_types":["authorization_code","refresh_token",\n        "urn:ietf:params:oauth:grant-type:device_code"],\n      "redirect_uris":["${EXAMPLE.redirectUri}"]}'`,
    ),
}

const registration: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, validateRegistration, withClientQuota }) => {
  const { clients, initialAccessTokens } = app.storage
  const announced = app.settings.registration === 'closed' ? undefined : endpoint
  acceptJson(app)
  app.setErrorHandler(audit.refusal)

  app.post(
    PATHS.register,
    {
      attachValidation: true,
      onRequest: app.limits.registrationHooks,
      config: { audience: 'api', endpoint: announced, badRequest },
      schema: { body: RegistrationRequest, response: { 201: RegistrationResponse } },
    },
    async (request, reply) => {
      const token = await admit(request, reply)
      checkBody(request)
      const allowed = applyPolicy(await validateRegistration(request, request.body), token?.policy ?? {})
      if (!allowed.ok) throw allowed.error

      const secret = usesSecret(allowed.value) ? newSecret() : undefined
      const shared = token === undefined && app.settings.shareIdenticalClients && isSharable(allowed.value)
      const registrationAccessToken = shared ? undefined : newSecret()
      const createdAt = app.now()
      const asked: RegisteredClient = {
        id: `client_${newRecordId(createdAt)}`,
        secretHash: secret === undefined ? undefined : sha256(secret),
        metadata: allowed.value,
        origin: 'registration',
        registrationAccessTokenHash: registrationAccessToken === undefined ? undefined : sha256(registrationAccessToken),
        policy: token?.policy,
        createdAt,
      }
      const admitted = admitClient(asked, app.settings)
      const made: RegisteredClient = { ...asked, approval: !admitted.ok && admitted.error === 'waiting' ? 'waiting' : undefined }
      const rendered = renderClientMetadata(made.metadata)
      const details = registeredDetails(made.metadata, rendered)
      const event = audit.event(request, { name: 'client.registered', clientId: made.id, details })
      const kept = audit.kept(event)
      const client = await withClientQuota(async () => {
        if (shared) return clients.insertShared(made, shareKey(made.metadata), kept)
        if (token === undefined) await clients.insert(made, kept)
        else if (!(await initialAccessTokens.redeem(token.tokenHash, app.now(), made, kept))) throw refuseToken(reply)
        return made
      })
      audit.log(request, { ...event, clientId: client.id })
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send(clientInformation(client, app.settings.issuer, { secret, registrationAccessToken }, client === made ? rendered : undefined))
    },
  )

  /** The initial access token of a sender who may register; `undefined` where none is needed (RFC 7591 section 3). */
  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<InitialAccessToken | undefined> {
    if (app.settings.registration === 'closed') {
      throw new OAuthError('access_denied', 'registration is closed here: ask the operator of this server for a client_id', { status: 403 })
    }
    const presented = bearerToken(request)
    if (presented === undefined) {
      if (app.settings.registration === 'token')
        throw askForToken(reply, 'an initial access token is required: ask the operator of this server for one')
      return undefined
    }
    const token = await initialAccessTokens.find(sha256(presented))
    if (token === undefined || !isUsable(token, app.now())) throw refuseToken(reply)
    request.actor = `token ${token.name}`
    return token
  }

  function refuseToken(reply: FastifyReply): OAuthError {
    return challenge(reply, new OAuthError('invalid_token', 'the initial access token is unknown, expired or used up'))
  }
}
export default fp(registration, {
  name: 'registration',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'rate-limits'],
})
