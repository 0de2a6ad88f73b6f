/**
 * POST /device_authorization (RFC 8628 section 3.1): a device without a browser gets two codes. Owns their making; not the page where
 * a person types one (device.ts), nor the polling (grants/device-code.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { newRecordId, newSecret, newUserCode } from '../../crypto/random.ts'
import { parseRequestedAccess } from '../../domain/authorization/requested-access.ts'
import { checkGrantType } from '../../domain/client/client-approval.ts'
import { DEVICE_CODE_GRANT } from '../../domain/client/client-metadata.ts'
import { DEVICE_CODE_TTL, POLL_INTERVAL, formatUserCode, hashDeviceCode, hashUserCode } from '../../domain/device/device-codes.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { siteOf } from '../../domain/protocol/network.ts'
import { formatTokenHandle } from '../../domain/token/token-handle.ts'
import { refuseClientIds } from '../../grants/client-audience.ts'
import { DeviceAuthorizationRequest, DeviceAuthorizationResponse } from '../../schemas/device-authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { AuthenticateClient } from '../authentication/client-authentication.ts'
import { queryOf, tooLong } from '../authorization/post-to-get.ts'
import { curlPost, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { requireShape, withoutEmpty } from '../kernel/validation-error.ts'

const endpoint: Endpoint = {
  id: 'device_authorization',
  group: 'flow',
  member: 'device_authorization_endpoint',
  standards: [rfc(8628, 'Device Authorization Grant')],
  curl: (url) => curlPost(url, EXAMPLE.client, '-d scope=openid'),
}

/** Nobody has logged in when this is stored: a request is shorter than at /par, because its codes live longer (threat-model.md T18). */
const MAX_LENGTH = 2048
/** Devices that may wait for a user at once. The network is an IPv4 address or a /48, so that nobody fills a client's share alone. */
const ROOM = { perClient: 2000, perNetwork: 200 }
/** How long a device should wait if there is no room, in seconds: until some codes have expired. */
const RETRY_AFTER = 60

const deviceAuthorization: FastifyPluginAsyncTypebox<{ authenticateClient: AuthenticateClient }> = async (app, { authenticateClient }) => {
  const verificationUri = app.settings.issuer + PATHS.device

  app.post(
    PATHS.deviceAuthorization,
    {
      attachValidation: true,
      config: { audience: 'api', endpoint, rateLimit: app.limits.token },
      schema: { body: DeviceAuthorizationRequest, response: { 200: DeviceAuthorizationResponse } },
    },
    async (request, reply) => {
      const client = await authenticateClient(request)
      requireShape(request)
      const usable = checkGrantType(client, DEVICE_CODE_GRANT)
      if (!usable.ok) throw usable.error
      const { scope, resource } = withoutEmpty(request.body)
      const asked = { ...(scope !== undefined && { scope }), ...(resource !== undefined && { resource }) }
      const problem = tooLong(queryOf(asked), MAX_LENGTH)
      if (problem !== undefined) throw new OAuthError(problem.code, problem.description, { status: 413 })
      const access = parseRequestedAccess(asked, client, await app.resourceRegistry())
      if (!access.ok) throw access.error
      const refused = await refuseClientIds(app.storage, access.value.targets)
      if (refused !== undefined) throw refused

      const createdAt = app.now()
      const grantId = newRecordId(createdAt)
      const deviceCode = formatTokenHandle(grantId, newSecret())
      const userCode = newUserCode()
      const waiting = {
        deviceCodeHash: hashDeviceCode(deviceCode),
        grantId,
        userCodeHash: hashUserCode(userCode, app.macKeys[0]),
        clientId: client.id,
        network: siteOf(request.ip),
        parameters: asked,
        createdAt,
        expiresAt: createdAt + DEVICE_CODE_TTL * 1000,
      }
      const outcome = await app.storage.deviceAuthorizations.insert(waiting, ROOM)
      if (outcome === 'full') {
        reply.header('retry-after', RETRY_AFTER)
        throw new OAuthError('temporarily_unavailable', 'too many devices wait for a user: try again in a minute', { status: 429 })
      }
      // One of 20^8 codes is taken by another device: rarer than an outage, and solved like one.
      if (outcome === 'taken') throw new OAuthError('temporarily_unavailable', 'no code could be made: try again')
      const shown = formatUserCode(userCode)
      return reply.header('cache-control', 'no-store').send({
        device_code: deviceCode,
        user_code: shown,
        verification_uri: verificationUri,
        verification_uri_complete: `${verificationUri}?user_code=${shown}`,
        expires_in: DEVICE_CODE_TTL,
        interval: POLL_INTERVAL,
      })
    },
  )
}
export default fp(deviceAuthorization, {
  name: 'device-authorization',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'resources', 'keys', 'clock', 'rate-limits'],
})
