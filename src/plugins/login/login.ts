/**
 * POST /login: the name and the password of a person, within an authorization in progress. Owns what counts as an attempt
 * (threat-model.md T14, T15) and the new session; not which password is right (methods/password.ts), nor when the page is shown
 * (authorization/authorization.ts, device/device.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { accountAttempts, canonicalUsername } from '../../domain/user/username.ts'
import { LoginForm } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import { createConcurrencyLimit } from '../kernel/load-shedding.ts'
import { showLogin } from './login-page.ts'
import type { LoginProblem } from './login-page.ts'
import { createLoginSteps, isOfClient } from './login-steps.ts'
import type { LoginNeeds } from './login-steps.ts'
import { checkPassword, password as method } from './methods/password.ts'

/** Logins in progress: passwords are checked a few at a time (crypto/password.ts), so the last one waits for seconds. */
const AT_ONCE = 64

const login: FastifyPluginAsyncTypebox<LoginNeeds> = async (app, needs) => {
  const { throttle, authorization } = needs
  const steps = createLoginSteps(app, needs)

  app.post(
    PATHS.login,
    {
      attachValidation: true,
      schema: { body: LoginForm },
      config: { audience: 'page', concurrencyLimit: createConcurrencyLimit(AT_ONCE) },
    },
    async (request, reply) => {
      request.requireOwnForm()
      const { username: typed, password, decision } = request.body
      const transaction = request.openTransaction(request.body.transaction)
      if (decision === 'cancel' && isOfClient(transaction)) return authorization.cancel(request, reply, transaction.parameters)
      if (typed === undefined) throw new OAuthError('invalid_request', 'username is required')
      if (password === undefined) throw new OAuthError('invalid_request', 'password is required')

      const username = canonicalUsername(typed)
      const user = await app.storage.users.findByUsername(username)
      const guess = { method: 'password', subject: accountAttempts(username), user, transaction } as const
      const counted = await steps.count(request, reply, guess)
      if ('problem' in counted) return showAgain(reply, transaction, username, counted)
      const isRight = await checkPassword(user, password, app.settings)
      if (user === undefined || !isRight)
        return showAgain(reply, await steps.fail(request, guess), username, { problem: 'credentials', status: 403 })
      await throttle.forgive(counted)
      await app.sessions.start(request, reply, user.id, { amr: method.amr })
      request.log.info({ user: user.id, username }, 'logged in')
      return steps.goOn(request, reply, transaction, user)
    },
  )

  /** The login page once more, with what went wrong: one message for unknown names and wrong passwords. */
  async function showAgain(reply: FastifyReply, transaction: Transaction, username: string, problem: LoginProblem): Promise<unknown> {
    reply.request.isLogged = true
    const client = await steps.clientOf(reply.request, transaction)
    return showLogin(app, reply, { client, transaction }, username, problem)
  }
}
export default fp(login, {
  name: 'login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'pages', 'browser-binding', 'session'],
})
