/**
 * POST /login: the name and the password of a person, within an authorization in progress. Owns what counts as an attempt
 * (threat-model.md T14, T15) and the new session; not when the page is shown (authorization/authorization.ts, device/device.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { verifyPassword } from '../../crypto/password.ts'
import { PASSWORD_LOGIN } from '../../domain/authorization/authentication.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { Client } from '../../domain/client/client.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { addressOf } from '../../domain/protocol/network.ts'
import type { User } from '../../domain/user/user.ts'
import { accountAttempts, canonicalUsername } from '../../domain/user/username.ts'
import { LoginForm } from '../../schemas/authorization.ts'
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { createConcurrencyLimit } from '../kernel/load-shedding.ts'
import { validationError } from '../kernel/validation-error.ts'
import { createFailureCounts } from './failure-counts.ts'
import { createKnownBrowsers } from './known-browsers.ts'
import { showLogin } from './login-page.ts'
import type { LoginProblem } from './login-page.ts'
import { attemptAt } from './login-throttle.ts'
import type { Throttle } from './login-throttle.ts'

interface Needs {
  readonly audit: Audit
  readonly throttle: Throttle
  /** Finds the client that the person signs in for, or answers it (authorization/authorization.ts). */
  readonly authorization: {
    validateAuthorizationRequest(request: FastifyRequest, parameters: AuthorizationParameters): Promise<{ readonly client: Client }>
    resume(request: FastifyRequest, reply: FastifyReply, transaction: Transaction): Promise<unknown>
    cancel(request: FastifyRequest, reply: FastifyReply, parameters: AuthorizationParameters): Promise<unknown>
  }
}

/** Logins in progress: passwords are checked a few at a time (crypto/password.ts), so the last one waits for seconds. */
const AT_ONCE = 64

/** Whether a client sent the person here, rather than a device or the person's own account. */
const isOfClient = ({ userCode, account }: Transaction): boolean => userCode === undefined && account === undefined

const login: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, throttle, authorization }) => {
  const { base } = app.settings
  const knownBrowsers = createKnownBrowsers(app)
  const failureCounts = createFailureCounts(app)
  const { passwordLogin } = app.settings
  /** Somebody who may not reads the same as after a wrong password. */
  const mayUsePassword = ({ origin }: User): boolean => passwordLogin === 'on' || (passwordLogin === 'admin' && origin === 'environment')

  app.post(
    PATHS.login,
    {
      attachValidation: true,
      schema: { body: LoginForm },
      config: { audience: 'page', concurrencyLimit: createConcurrencyLimit(AT_ONCE) },
    },
    async (request, reply) => {
      request.requireOwnPage()
      const malformed = validationError(request)
      if (malformed !== undefined) throw malformed
      const { username: typed, password, decision } = request.body
      const transaction = request.openTransaction(request.body.transaction)
      if (decision === 'cancel' && isOfClient(transaction)) return authorization.cancel(request, reply, transaction.parameters)
      if (typed === undefined) throw new OAuthError('invalid_request', 'username is required')
      if (password === undefined) throw new OAuthError('invalid_request', 'password is required')

      const username = canonicalUsername(typed)
      const user = await app.storage.users.findByUsername(username)
      const browser = user && knownBrowsers.find(request, user)
      const verdict = await throttle.count(attemptAt(accountAttempts(username), 'address', request.ip, browser && `browser:${browser}`))
      const { waitMs, isFirst } = verdict
      // A name that no account has may be a password, typed into the wrong field: it isn't logged (threat-model.md T17).
      const who = { ...(user !== undefined && { user: user.id, username }), address: addressOf(request.ip) }
      const about = { userId: user?.id, details: user === undefined ? {} : { user: username } }
      const { ownFailures = 0, parameters } = transaction
      const { client_id: clientId } = parameters
      if (waitMs > 0) {
        request.log.warn(who, 'login refused: too many attempts')
        if (isFirst) await audit.note(request, { name: 'login.limited', clientId, ...about })
        reply.header('retry-after', Math.ceil(waitMs / 1000))
        return showAgain(reply, transaction, username, { problem: 'limited', retryAfterMinutes: Math.ceil(waitMs / 60_000), status: 429 })
      }
      const verified = await verifyPassword(password, user?.passwordHash)
      if (user === undefined || !verified || user.disabledAt !== undefined || !mayUsePassword(user)) {
        request.log.warn(who, 'login failed')
        await audit.note(request, { name: 'login.failed', clientId, ...about })
        await failureCounts.add(user)
        const again = { ...transaction, ownFailures: ownFailures + 1 }
        return showAgain(reply, again, username, { problem: 'credentials', status: 403 })
      }
      await throttle.forgive(verdict)
      await app.sessions.start(request, reply, user.id, { amr: PASSWORD_LOGIN.amr })
      knownBrowsers.remember(request, reply, user)
      request.log.info({ user: user.id, username }, 'logged in')
      await audit.note(request, { name: 'user.logged_in', actor: `user ${username}`, clientId, ...about })
      const loggedIn = { ...transaction, failures: await failureCounts.take(user, ownFailures), ownFailures: undefined }
      if (isOfClient(transaction)) return authorization.resume(request, reply, loggedIn)
      const signed = signTransaction(loggedIn, app.macKeys)
      const path = transaction.account?.path ?? PATHS.device
      return reply.header('cache-control', 'no-store').redirect(`${base}${path}?transaction=${signed}`, 303)
    },
  )

  /** The login page once more, with what went wrong: one message for unknown names and wrong passwords. */
  async function showAgain(reply: FastifyReply, transaction: Transaction, username: string, problem: LoginProblem): Promise<unknown> {
    reply.request.isLogged = true
    const client = isOfClient(transaction)
      ? (await authorization.validateAuthorizationRequest(reply.request, transaction.parameters)).client
      : undefined
    return showLogin(app, reply, { client, transaction }, username, problem)
  }
}
export default fp(login, {
  name: 'login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'pages', 'browser-binding', 'session'],
})
