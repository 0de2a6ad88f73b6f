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
import { labelOf } from '../../domain/provider/provider-label.ts'
import type { ProviderProblem } from '../../domain/provider/provider-problem.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { ProviderParameters, ProviderForm } from '../../schemas/provider.ts'
import { PATHS } from '../../schemas/paths.ts'
import { requireShape } from '../kernel/validation-error.ts'
import { showLogin } from '../login/login-page.ts'
import type { LoginProblem } from '../login/login-page.ts'
import { createLoginSteps } from '../login/login-steps.ts'
import type { LoginNeeds } from '../login/login-steps.ts'
import { attemptAt } from '../login/login-throttle.ts'
import type { Accounts } from './accounts.ts'
import type { Attempts } from './attempts.ts'

interface Needs extends LoginNeeds {
  readonly attempts: Attempts
  readonly accounts: Accounts
}

const providerLogin: FastifyPluginAsyncTypebox<Needs> = async (app, needs) => {
  const { audit, throttle, attempts, accounts } = needs
  const steps = createLoginSteps(app, needs)

  app.post(
    PATHS.provider,
    { attachValidation: true, schema: { params: ProviderParameters, body: ProviderForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const transaction = request.openTransaction(request.body.transaction)
      const provider = await enabled(request.params.provider)
      // Each attempt is kept for a while, for somebody who hasn't logged in: those of one network count together.
      const { waitMs } = await throttle.count(attemptAt(`provider browser:${transaction.browserHash}`, 'provider', request.ip))
      if (waitMs > 0) {
        reply.header('retry-after', Math.ceil(waitMs / 1000))
        return showAgain(reply, transaction, { problem: 'limited', retryAfterMinutes: Math.ceil(waitMs / 60_000), status: 429 })
      }
      const departure = await attempts.begin(request, reply, provider, transaction)
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
      const provider = await enabled(request.params.provider)
      const query = new URL(request.url, 'http://localhost').searchParams
      const trial = await attempts.endTrial(provider, query)
      if (trial !== undefined) return reply.header('cache-control', 'no-store').redirect(trial, 303)
      const { progress, arrived } = await attempts.end(request, reply, provider, query)
      const transaction = { ...progress.transaction, returned: true as const }
      reply.header('cache-control', 'no-store')
      if (!arrived.ok) return turnAway(request, reply, provider, transaction, arrived.error.kind, arrived.error.reason)
      const { authTime: toldTime, sid, amr } = arrived.value
      const authTime = loginTime(progress, provider.kind, toldTime, app.now())
      if (authTime === undefined)
        return turnAway(
          request,
          reply,
          provider,
          transaction,
          'stale',
          'the provider did not let the person log in again, or does not say when',
        )
      const signedIn = await accounts.signIn(request, provider, arrived.value)
      if (!signedIn.ok) {
        const { problem, reason, missing } = signedIn.error
        return turnAway(request, reply, provider, transaction, problem, reason, missing)
      }
      const { user, identityId, canBeAskedAgain } = signedIn.value
      if (provider.kind === 'google' && !canBeAskedAgain && progress.consented === undefined) {
        const departure = await attempts.begin(request, reply, provider, progress.transaction, arrived.value.claims.subject)
        if (departure.ok) return reply.redirect(departure.value.href, 303)
      }
      await app.sessions.start(request, reply, user.id, { amr: takenMethods(amr), authTime, identityId, providerSid: sid })
      request.log.info({ user: user.id, username: user.username, provider: provider.name }, 'logged in')
      return steps.goOn(request, reply, transaction, user)
    },
  )

  async function enabled(name: string): Promise<Provider> {
    const provider = (await app.enabledProviders()).find((each) => each.name === name)
    if (provider === undefined) throw new OAuthError('invalid_request', 'nobody can log in by this provider here', { status: 404 })
    return provider
  }

  /** Shows the login page with what went wrong; only the log and the operator read why. */
  async function turnAway(
    request: FastifyRequest,
    reply: FastifyReply,
    provider: Provider,
    transaction: Transaction,
    problem: Trouble,
    reason: string,
    missing: readonly string[] = [],
  ): Promise<unknown> {
    request.log.warn({ provider: provider.name, problem, reason, address: request.ip }, 'login by a provider refused')
    const details = { provider: provider.name, problem, reason, ...(missing.length > 0 && { missing: missing.slice(0, 10) }) }
    // That the person changed their mind, or the provider is down, is no news.
    if (problem !== 'denied' && problem !== 'unreachable')
      await audit.note(request, { name: 'login.refused', clientId: transaction.parameters.client_id, details })
    return showAgain(reply, transaction, problemAt(provider, problem))
  }

  async function showAgain(reply: FastifyReply, transaction: Transaction, problem: LoginProblem): Promise<unknown> {
    reply.request.isLogged = true
    const client = await steps.clientOf(reply.request, transaction)
    return showLogin(app, reply, { client, transaction }, undefined, problem)
  }
}

type Trouble = 'denied' | 'unreachable' | 'invalid' | 'refused' | 'stale' | 'admission' | 'taken' | 'disabled'

/** In the words of the page, and its status. */
const PROBLEMS: Readonly<Record<Trouble, readonly [ProviderProblem, number]>> = {
  denied: ['denied', 403],
  unreachable: ['unreachable', 502],
  invalid: ['broken', 502],
  refused: ['broken', 502],
  stale: ['stale', 403],
  admission: ['admission', 403],
  disabled: ['admission', 403],
  taken: ['taken', 403],
}

function problemAt(provider: Provider, kind: Trouble): LoginProblem {
  const [problem, status] = PROBLEMS[kind]
  return { problem, providerName: labelOf(provider), status }
}

export default fp(providerLogin, {
  name: 'provider-login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session', 'enabled-providers'],
})
