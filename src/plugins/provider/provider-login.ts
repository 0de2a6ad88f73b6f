/**
 * POST /login/NAME and GET /login/NAME/callback: from our login page to an identity provider, and back into the authorization. What the
 * provider showed or asked is its own matter: our consent follows as ever (threat-model.md T20, T21). Owns the way; not the attempt
 * (attempts.ts), nor whose account it is (accounts.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { takenMethods } from '../../domain/provider/authentication-methods.ts'
import { loginTime } from '../../domain/provider/freshness.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { User } from '../../domain/user/user.ts'
import { ProviderParameters, ProviderForm } from '../../schemas/provider.ts'
import { PATHS } from '../../schemas/paths.ts'
import { requireShape } from '../kernel/validation-error.ts'
import { showLogin } from '../login/login-page.ts'
import type { LoginProblem } from '../login/login-page.ts'
import { createLoginSteps } from '../login/login-steps.ts'
import type { LoginNeeds } from '../login/login-steps.ts'
import { departureAt } from '../login/login-throttle.ts'
import type { Accounts } from './accounts.ts'
import type { Attempts } from './attempts.ts'
import { findEnabled } from './find-enabled.ts'
import type { ReceiveInvited } from './invited-arrival.ts'
import type { LinkAccount } from './linking.ts'
import type { FollowGroups } from './provided-groups.ts'
import { noteRefusal, problemAt } from './refusals.ts'
import type { Refusal } from './refusals.ts'

type LinkTo = NonNullable<NonNullable<Transaction['account']>['linkTo']>

interface Needs extends LoginNeeds {
  readonly attempts: Attempts
  readonly accounts: Accounts
  readonly linkAccount: LinkAccount
  readonly followGroups: FollowGroups
  readonly receiveInvited: ReceiveInvited
}

const providerLogin: FastifyPluginAsyncTypebox<Needs> = async (app, needs) => {
  const { audit, throttle, attempts, accounts, followGroups, linkAccount, receiveInvited } = needs
  const { base } = app.settings
  const steps = createLoginSteps(app, needs)

  app.post(
    PATHS.provider,
    { attachValidation: true, schema: { params: ProviderParameters, body: ProviderForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const transaction = request.openTransaction(request.body.transaction)
      const provider = await findEnabled(app, request.params.provider)
      const { waitMs } = await throttle.count(departureAt(transaction.browserHash, request.ip))
      if (waitMs > 0) {
        reply.header('retry-after', Math.ceil(waitMs / 1000))
        return showAgain(reply, transaction, { problem: 'limited', retryAfterMinutes: Math.ceil(waitMs / 60_000), status: 429 })
      }
      const client = await steps.clientOf(request, transaction)
      const departure = await attempts.begin(request, reply, provider, transaction, { maxAge: client?.metadata.defaultMaxAge })
      if (departure.ok) return reply.header('cache-control', 'no-store').redirect(departure.value.href, 303)
      const { kind, reason } = departure.error
      request.log.warn({ provider: provider.name, kind, reason }, 'login by a provider failed')
      return showAgain(reply, transaction, problemAt(provider, kind))
    },
  )

  app.get(
    PATHS.providerCallback,
    { attachValidation: true, schema: { params: ProviderParameters }, config: { audience: 'page' } },
    async (request, reply) => {
      requireShape(request)
      const provider = await findEnabled(app, request.params.provider)
      const query = new URL(request.url, 'http://localhost').searchParams
      const trial = await attempts.endTrial(provider, query)
      if (trial !== undefined) return reply.header('cache-control', 'no-store').redirect(trial, 303)
      const { progress, arrived } = await attempts.end(request, reply, provider, query)
      const transaction = { ...progress.transaction, returned: true as const }
      reply.header('cache-control', 'no-store')
      if (progress.invitation !== undefined)
        return receiveInvited(request, reply, { provider, progress, invitation: progress.invitation, arrived })
      const refuse = (refusal: Refusal) => turnAway(request, reply, provider, transaction, refusal)
      if (!arrived.ok) return refuse({ problem: arrived.error.kind, reason: arrived.error.reason })
      const { authTime: timeThere, sid, amr } = arrived.value
      const authTime = loginTime(progress, provider.kind, timeThere, app.now())
      if (authTime === undefined)
        return refuse({ problem: 'stale', reason: 'the provider did not let the person log in again, or does not say when' })
      const { linkTo } = transaction.account ?? {}
      const signedIn =
        linkTo === undefined
          ? await accounts.signIn(request, provider, arrived.value)
          : await linkAccount(request, provider, arrived.value, await ownerOf(request, linkTo))
      if (!signedIn.ok) return refuse(signedIn.error)
      const { user, identityId, canBeAskedAgain } = signedIn.value
      await followGroups(user, provider, arrived.value.claims)
      if (provider.kind === 'google' && !canBeAskedAgain && progress.consented === undefined) {
        const departure = await attempts.begin(request, reply, provider, progress.transaction, {
          consentOf: arrived.value.claims.subject,
          maxAge: progress.maxAge,
        })
        if (departure.ok) return reply.redirect(departure.value.href, 303)
      }
      await throttle.forgiveAttempt(departureAt(transaction.browserHash, request.ip))
      if (linkTo !== undefined) return leadBack(reply, 'connected')
      await app.sessions.start(request, reply, user.id, { amr: takenMethods(amr), authTime, identityId, providerSid: sid })
      request.log.info({ user: user.id, username: user.username, provider: provider.name }, 'logged in')
      return steps.goOn(request, reply, transaction, user)
    },
  )

  /**
   * Who wants to log in by this provider from now on.
   *
   * @throws {OAuthError} unless the browser still has the session in which they asked for it
   */
  async function ownerOf(request: FastifyRequest, { userId, session }: LinkTo): Promise<User> {
    const found = await app.sessions.find(request)
    const user = found?.session.idHash === session && found.user.id === userId ? await app.storage.users.find(userId) : undefined
    if (user !== undefined) return user
    throw new OAuthError('invalid_request', 'you are no longer logged in as you were: open your account page again', {
      page: { cause: 'expired' },
    })
  }

  const leadBack = (reply: FastifyReply, notice: string) => reply.redirect(`${base}${PATHS.factors}?notice=${notice}`, 303)

  /** Shows the login page with what went wrong; only the log and the operator read why. */
  async function turnAway(request: FastifyRequest, reply: FastifyReply, provider: Provider, transaction: Transaction, refusal: Refusal) {
    await noteRefusal(audit, request, provider, refusal, transaction.parameters.client_id)
    const shown = problemAt(provider, refusal.problem)
    return transaction.account?.linkTo === undefined ? showAgain(reply, transaction, shown) : leadBack(reply, shown.problem)
  }

  async function showAgain(reply: FastifyReply, transaction: Transaction, problem: LoginProblem): Promise<unknown> {
    reply.request.isLogged = true
    const client = await steps.clientOf(reply.request, transaction)
    return showLogin(app, reply, { client, transaction }, undefined, problem)
  }
}

export default fp(providerLogin, {
  name: 'provider-login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session', 'enabled-providers'],
})
