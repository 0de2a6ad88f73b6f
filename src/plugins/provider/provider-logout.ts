/**
 * POST /login/NAME/backchannel-logout: a provider says that somebody logged out there (OpenID Connect Back-Channel Logout, as relying
 * party). Owns that a token counts once, and which sessions end; not what a logout token is (providers/logout-verifier.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { LOGOUT_TOKEN_MAX_AGE_MS } from '../../domain/provider/logout-token.ts'
import type { LogoutRequest } from '../../domain/provider/logout-token.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { ProviderLogoutForm, ProviderParameters } from '../../schemas/provider.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { requireShape } from '../kernel/validation-error.ts'
import type { ConnectTo } from './connect.ts'
import { findEnabled } from './find-enabled.ts'

interface Needs {
  readonly audit: Audit
  readonly connectTo: ConnectTo
}

const providerLogout: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, connectTo }) => {
  const { identities, identityChecks, replays, users } = app.storage

  app.post(
    PATHS.providerLogout,
    {
      attachValidation: true,
      schema: { params: ProviderParameters, body: ProviderLogoutForm },
      config: { audience: 'api', rateLimit: app.limits.token },
    },
    async (request, reply) => {
      requireShape(request)
      const provider = await findEnabled(app, request.params.provider)
      const logout = await connectTo(provider).readLogout(request.body.logout_token)
      if (!logout.ok) {
        const { kind, reason } = logout.error
        request.log.warn({ provider: provider.name, reason }, 'a logout at a provider was refused')
        throw kind === 'unreachable'
          ? new OAuthError('temporarily_unavailable', 'the keys of the provider could not be fetched', { status: 503 })
          : new OAuthError('invalid_request', `the logout token is not accepted: ${reason}`)
      }
      const once = sha256(`${provider.id} ${logout.value.jti}`)
      if (!(await replays.use(`logout:${once}`, app.now() + 2 * LOGOUT_TOKEN_MAX_AGE_MS)))
        throw new OAuthError('invalid_request', 'the logout token was used already')
      const identity = await identityOf(provider, logout.value)
      const user = identity && (await users.find(identity.userId))
      if (identity !== undefined && user !== undefined) {
        const details = { user: user.username, provider: provider.name, reason: 'logout at the provider' }
        const event = audit.event(request, { name: 'session.ended', actor: 'server', userId: user.id, details })
        const ended = await identityChecks.endSessions(identity, logout.value.sid, app.now(), event)
        request.log.info({ provider: provider.name, user: user.id, ended }, 'sessions ended by a logout at a provider')
      }
      // Section 2.8: also when there was nothing to end.
      return reply.header('cache-control', 'no-store').code(200).send()
    },
  )

  /** Both may be said: then the session has to be one of this account. */
  const identityOf = ({ id: providerId }: Provider, { issuer, subject, sid }: LogoutRequest) =>
    subject === undefined ? identityChecks.findBySession(providerId, sid!) : identities.find({ providerId, issuer, subject })
}
export default fp(providerLogout, {
  name: 'provider-logout',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'rate-limits', 'enabled-providers'],
})
