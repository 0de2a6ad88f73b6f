/**
 * POST /login/code: a one-time code, or a recovery code in its place, after the first factor (threat-model.md T15, T23). Owns what counts
 * as an attempt; not which code is right (methods/), nor when the page is shown (factor-pages.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { missingFactor } from '../../domain/authorization/authentication.ts'
import type { User } from '../../domain/user/user.ts'
import { CodeForm } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import { showLocked, showSecondFactor } from './factor-pages.ts'
import type { FactorProblem } from './factor-pages.ts'
import { createLoginSteps, isOfClient } from './login-steps.ts'
import type { LoginNeeds } from './login-steps.ts'
import { checkTyped } from './methods/methods.ts'
import type { BrowserSession } from './session.ts'

interface Needs extends LoginNeeds {
  /** Mails the link to a second factor, where this server sends mails (links/mailed-links.ts). */
  readonly mailFactor: ((reply: FastifyReply, user: User) => void) | undefined
}

const codeLogin: FastifyPluginAsyncTypebox<Needs> = async (app, needs) => {
  const { throttle, authorization, mailFactor } = needs
  const { users } = app.storage
  const steps = createLoginSteps(app, needs)

  app.post(
    PATHS.loginCode,
    { attachValidation: true, schema: { body: CodeForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const { code, decision } = request.body
      const transaction = request.openTransaction(request.body.transaction)
      if (decision === 'cancel' && isOfClient(transaction)) return authorization.cancel(request, reply, transaction.parameters)
      if (decision === 'switch') return steps.resume(request, reply, { ...transaction, switchedAt: app.now() })
      const found = await app.sessions.findUnfinished(request)
      const user = found && (await users.find(found.user.id))
      if (found !== undefined && user !== undefined && decision === 'mail' && mailFactor !== undefined && isLocked(found)) {
        mailFactor(reply, user)
        return showLocked(app, reply, { client: await steps.clientOf(request, transaction), transaction }, found, true)
      }
      if (found === undefined || user === undefined || code === undefined) return steps.resume(request, reply, transaction)

      const guess = { method: 'code', subject: `second-factor:${user.id}`, user, transaction } as const
      const showAgain = async (problem: FactorProblem, next = transaction): Promise<unknown> => {
        const client = await steps.clientOf(request, next)
        return showSecondFactor(app, reply, { client, transaction: next }, found, 'second-factor', problem)
      }
      const counted = await steps.count(request, reply, guess)
      if ('problem' in counted) return showAgain(counted)
      const method = await checkTyped(app, request, user, code)
      if (method === undefined) return showAgain({ problem: 'code', status: 403 }, await steps.fail(request, guess))
      await throttle.forgive(counted)
      const wasMissing = missingFactor(found.session.acr, found.factors) !== undefined
      await app.sessions.stepUp(request, reply, found.session, method.amr)
      request.log.info({ user: user.id, username: user.username }, 'second factor shown')
      return wasMissing ? steps.goOn(request, reply, transaction, user) : steps.resume(request, reply, transaction)
    },
  )

  const isLocked = ({ session, factors: needs }: BrowserSession): boolean => missingFactor(session.acr, needs) === 'locked'
}
export default fp(codeLogin, {
  name: 'code-login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'clock', 'pages', 'browser-binding', 'session'],
})
