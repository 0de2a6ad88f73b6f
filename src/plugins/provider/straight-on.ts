/** From /authorize to the provider without a page of ours, where there is nothing to choose: one provider, and no passwords. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { departureAt } from '../login/login-throttle.ts'
import type { Throttle } from '../login/login-throttle.ts'
import type { Attempts } from './attempts.ts'

export type GoStraightOn = (
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Pick<AuthorizationRequest, 'prompts' | 'maxAge'>,
  transaction: Transaction,
) => Promise<boolean>

/** A person who wants to choose, who comes back from there, or who was sent there too often, sees the page. */
export function createStraightOn(app: FastifyInstance, attempts: Attempts, throttle: Throttle): GoStraightOn {
  return async (request, reply, { prompts, maxAge }, transaction) => {
    if (app.settings.passwordLogin !== 'off' || transaction.returned === true || transaction.switchedAt !== undefined) return false
    if (prompts.has('login') || prompts.has('select_account')) return false
    const [provider, ...others] = await app.enabledProviders()
    if (provider === undefined || others.length > 0) return false
    if ((await throttle.count(departureAt(transaction.browserHash, request.ip))).waitMs > 0) return false
    const departure = await attempts.begin(request, reply, provider, transaction, { maxAge })
    if (!departure.ok) {
      request.log.warn({ provider: provider.name, ...departure.error }, 'login by a provider failed')
      return false
    }
    await reply.header('cache-control', 'no-store').redirect(departure.value.href, 303)
    return true
  }
}
