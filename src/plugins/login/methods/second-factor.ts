/**
 * POST /login/code: a one-time code, or a recovery code in its place, after the first factor (threat-model.md T15, T23). Owns what counts
 * as right; not when the page is shown (factor-pages.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { stepOf } from '../../../crypto/one-time-codes.ts'
import { decrypt } from '../../../crypto/secret.ts'
import { CODE_AMR, missingFactor } from '../../../domain/authorization/authentication.ts'
import type { User } from '../../../domain/user/user.ts'
import { hashRecoveryCode } from '../../../domain/user/recovery-codes.ts'
import { CodeForm } from '../../../schemas/authorization.ts'
import { PATHS } from '../../../schemas/paths.ts'
import { showLocked, showSecondFactor } from '../factor-pages.ts'
import type { FactorProblem } from '../factor-pages.ts'
import { createLoginSteps, isOfClient } from '../login-steps.ts'
import type { LoginNeeds } from '../login-steps.ts'
import type { BrowserSession } from '../session.ts'

interface Needs extends LoginNeeds {
  /** Mails the link to a second factor, where this server sends mails (links/mailed-links.ts). */
  readonly mailFactor: ((reply: FastifyReply, user: User) => void) | undefined
}

const secondFactor: FastifyPluginAsyncTypebox<Needs> = async (app, needs) => {
  const { audit, throttle, authorization, mailFactor } = needs
  const { factors, users } = app.storage
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
      if (!(await isRight(request, user, code))) return showAgain({ problem: 'code', status: 403 }, await steps.fail(request, guess))
      await throttle.forgive(counted)
      const wasMissing = missingFactor(found.session.acr, found.factors) !== undefined
      await app.sessions.stepUp(request, reply, found.session, CODE_AMR)
      request.log.info({ user: user.id, username: user.username }, 'second factor shown')
      return wasMissing ? steps.goOn(request, reply, transaction, user) : steps.resume(request, reply, transaction)
    },
  )

  const isLocked = ({ session, factors: needs }: BrowserSession): boolean => missingFactor(session.acr, needs) === 'locked'

  async function isRight(request: FastifyRequest, { id, username }: User, typed: string): Promise<boolean> {
    const { codes } = await factors.listOf(id)
    const secret = app.settings.secondFactor === 'off' ? undefined : codes && openSecret(request, codes.secret)
    const step = secret === undefined ? undefined : stepOf(secret, typed, app.now())
    if (step !== undefined) return factors.useStep(id, step)
    const hash = hashRecoveryCode(id, typed)
    if (hash === undefined) return false
    const event = audit.event(request, { name: 'recovery_code.used', actor: `user ${username}`, userId: id, details: { user: username } })
    return factors.useRecoveryCode(id, hash, app.now(), event)
  }

  /** After `keys reset` nothing opens it: then only recovery codes count, or an operator's help. */
  function openSecret(request: FastifyRequest, sealed: string): string | undefined {
    try {
      return decrypt(sealed, app.keyset.codeKey)
    } catch {
      request.log.error('the secret of one-time codes was sealed with another key: reset the second factor of this user')
      return undefined
    }
  }
}
export default fp(secondFactor, {
  name: 'second-factor',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'clock', 'pages', 'browser-binding', 'session'],
})
