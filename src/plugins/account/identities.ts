/**
 * POST /account/identities and /account/identities/end: somebody connects an account at a provider, to log in by it from now on, or removes
 * it again, after a recent login (threat-model.md T20, T24). Whom a provider let in can do neither: nothing else lets them in. Owns who
 * may; not the way there and back (plugins/provider/).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { isManaged } from '../../domain/provider/account.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { IdentityEndForm, IdentityForm } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { createFailureCounts } from '../login/failure-counts.ts'
import { departureAt } from '../login/login-throttle.ts'
import type { Throttle } from '../login/login-throttle.ts'
import { REMOVAL_NOTICES } from '../pages/account-models.ts'
import type { FACTOR_NOTICES } from '../pages/account-models.ts'
import type { Entrance } from './entrance.ts'

interface Needs {
  readonly audit: Audit
  readonly entrance: Entrance
  readonly throttle: Throttle
  /** The way to a provider (provider/attempts.ts). */
  readonly attempts: {
    begin(
      request: FastifyRequest,
      reply: FastifyReply,
      provider: Provider,
      transaction: Transaction,
    ): Promise<Result<URL, { readonly kind: string; readonly reason: string }>>
  }
}

const accountIdentities: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, entrance, throttle, attempts }) => {
  const { identities, providers, users } = app.storage
  const failureCounts = createFailureCounts(app)
  const back = (reply: FastifyReply, notice: (typeof FACTOR_NOTICES)[number]) => entrance.leadTo(reply, PATHS.factors, notice)

  app.post(
    PATHS.identities,
    { attachValidation: true, schema: { body: IdentityForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.factors, 'matters')
      if (found === undefined) return reply
      const { session } = found
      const user = await users.find(found.user.id)
      const provider = (await app.enabledProviders()).find(({ name }) => name === request.body.provider)
      if (user === undefined || provider === undefined || isManaged(user, await identities.listOf(user.id))) return back(reply, 'nothing')
      const browserHash = reply.bindBrowser()
      const { waitMs } = await throttle.count(departureAt(browserHash, request.ip))
      if (waitMs > 0) return back(reply, 'limited')
      const now = app.now()
      const departure = await attempts.begin(request, reply, provider, {
        parameters: {},
        account: { path: PATHS.factors, linkTo: { userId: user.id, session: session.idHash } },
        startedAt: now,
        // The person chooses which account it is to be.
        switchedAt: now,
        browserHash,
      })
      if (departure.ok) return reply.header('cache-control', 'no-store').redirect(departure.value.href, 303)
      const { kind, reason } = departure.error
      request.log.warn({ provider: provider.name, kind, reason }, 'connecting an account at a provider failed')
      return back(reply, kind === 'unreachable' ? 'unreachable' : 'broken')
    },
  )

  app.post(
    PATHS.identityEnd,
    { attachValidation: true, schema: { body: IdentityEndForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.factors, 'matters')
      if (found === undefined) return reply
      const { id: userId, username } = found.user
      const identity = (await identities.listOf(userId)).find(({ id }) => id === request.body.identity)
      if (identity === undefined || identity.managed) return back(reply, 'nothing')
      const { providerId, issuer, subject } = identity
      const provider = (await providers.list()).find(({ id }) => id === providerId)
      const details = { user: username, provider: provider?.name, issuer, subject }
      const event = audit.event(request, { name: 'identity.unlinked', actor: `user ${username}`, userId, details })
      const outcome = await identities.unlink(identity, app.now(), event, app.settings)
      if (outcome === 'deleted') {
        await failureCounts.noteChange(found.user)
        request.log.info({ user: userId, username, provider: provider?.name }, 'account at a provider removed')
      }
      return back(reply, REMOVAL_NOTICES[outcome])
    },
  )
}

export default fp(accountIdentities, {
  name: 'account-identities',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session', 'enabled-providers'],
})
