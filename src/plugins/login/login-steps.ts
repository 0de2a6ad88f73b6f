/**
 * What every way to log in has in common: how failures are counted and shown, and where a login goes on. Owns neither what is checked
 * (methods/) nor what comes next (authorization/authorization.ts, device/device.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { Client } from '../../domain/client/client.ts'
import { addressOf } from '../../domain/protocol/network.ts'
import type { User } from '../../domain/user/user.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import type { Audit } from '../kernel/audit.ts'
import { createFailureCounts } from './failure-counts.ts'
import { createKnownBrowsers } from './known-browsers.ts'
import { attemptAt } from './login-throttle.ts'
import type { Throttle, Verdict } from './login-throttle.ts'

/** Finds the client that the person signs in for, or answers it (authorization/authorization.ts). */
export interface AuthorizationInProgress {
  validateAuthorizationRequest(request: FastifyRequest, parameters: AuthorizationParameters): Promise<{ readonly client: Client }>
  resume(request: FastifyRequest, reply: FastifyReply, transaction: Transaction): Promise<unknown>
  cancel(request: FastifyRequest, reply: FastifyReply, parameters: AuthorizationParameters): Promise<unknown>
}

export interface LoginNeeds {
  readonly audit: Audit
  readonly throttle: Throttle
  readonly authorization: AuthorizationInProgress
}

/** Whether a client sent the person here, rather than a device or the person's own account. */
export const isOfClient = ({ userCode, account }: Transaction): boolean => userCode === undefined && account === undefined

/** What is guessed at, and by which method. */
interface Guess {
  readonly method: 'password' | 'passkey' | 'code'
  /** What attempts are counted under. */
  readonly subject: string
  /** Absent if no account has the name. */
  readonly user: User | undefined
  readonly transaction: Transaction
}

/** Too many attempts: how long to wait. */
export interface Limited {
  readonly problem: 'limited'
  readonly retryAfterMinutes: number
  readonly status: 429
}

export interface LoginSteps {
  /** Counts an attempt before it is checked: the verdict to forgive it with, or the refusal. */
  count(request: FastifyRequest, reply: FastifyReply, guess: Guess): Promise<Verdict | Limited>
  /** Keeps that an attempt failed; returns the transaction to go on with. */
  fail(request: FastifyRequest, guess: Guess): Promise<Transaction>
  /** After the last factor: the browser is known, and the person hears of what happened meanwhile. */
  complete(request: FastifyRequest, reply: FastifyReply, transaction: Transaction, user: User): Promise<Transaction>
  /** After something right was shown: on to what is missing, or back to where the person came from. */
  goOn(request: FastifyRequest, reply: FastifyReply, transaction: Transaction, user: User): Promise<unknown>
  /** Back to where the person came from. */
  resume(request: FastifyRequest, reply: FastifyReply, transaction: Transaction): Promise<unknown>
  /** The client that waits for an answer; none if nobody sent the person. */
  clientOf(request: FastifyRequest, transaction: Transaction): Promise<Client | undefined>
}

export function createLoginSteps(app: FastifyInstance, { audit, throttle, authorization }: LoginNeeds): LoginSteps {
  const { base } = app.settings
  const knownBrowsers = createKnownBrowsers(app)
  const failureCounts = createFailureCounts(app)
  // A name that no account has may be a password, typed into the wrong field: it isn't logged (threat-model.md T17).
  const whoOf = (request: FastifyRequest, { user, method }: Guess) => ({
    ...(user !== undefined && { user: user.id, username: user.username }),
    address: addressOf(request.ip),
    method,
  })
  const aboutOf = ({ user, method }: Guess) => ({
    userId: user?.id,
    details: { ...(user !== undefined && { user: user.username }), ...(method !== 'password' && { method }) },
  })

  const resume: LoginSteps['resume'] = async (request, reply, transaction) => {
    if (isOfClient(transaction)) return authorization.resume(request, reply, transaction)
    const signed = signTransaction(transaction, app.macKeys)
    return reply
      .header('cache-control', 'no-store')
      .redirect(`${base}${transaction.account?.path ?? PATHS.device}?transaction=${signed}`, 303)
  }

  const complete: LoginSteps['complete'] = async (request, reply, transaction, user) => {
    knownBrowsers.remember(request, reply, user)
    const { id: userId, username } = user
    const { client_id: clientId } = transaction.parameters
    await audit.note(request, { name: 'user.logged_in', actor: `user ${username}`, clientId, userId, details: { user: username } })
    return { ...transaction, failures: await failureCounts.take(user, transaction.ownFailures ?? 0), ownFailures: undefined }
  }

  return {
    complete,
    async count(request, reply, guess) {
      const { user, subject, transaction } = guess
      const browser = user && knownBrowsers.find(request, user)
      const known = browser && `browser:${guess.method === 'password' ? '' : `${guess.method}:`}${browser}`
      const verdict = await throttle.count(attemptAt(subject, 'address', request.ip, known))
      const { waitMs, isFirst } = verdict
      if (waitMs === 0) return verdict
      request.log.warn(whoOf(request, guess), 'login refused: too many attempts')
      const { client_id: clientId } = transaction.parameters
      if (isFirst) await audit.note(request, { name: 'login.limited', clientId, ...aboutOf(guess) })
      reply.header('retry-after', Math.ceil(waitMs / 1000))
      return { problem: 'limited', retryAfterMinutes: Math.ceil(waitMs / 60_000), status: 429 }
    },
    async fail(request, guess) {
      const { user, transaction } = guess
      const { ownFailures = 0, parameters } = transaction
      request.isLogged = true
      request.log.warn(whoOf(request, guess), 'login failed')
      await audit.note(request, { name: 'login.failed', clientId: parameters.client_id, ...aboutOf(guess) })
      await failureCounts.add(user)
      return { ...transaction, ownFailures: ownFailures + 1 }
    },
    async goOn(request, reply, { challenge: _, ...transaction }, user) {
      // Without the second factor, a person learns and gains nothing here.
      const isComplete = (await app.sessions.find(request)) !== undefined
      return resume(request, reply, isComplete ? await complete(request, reply, transaction, user) : transaction)
    },
    resume,
    async clientOf(request, transaction) {
      const { parameters } = transaction
      return isOfClient(transaction) ? (await authorization.validateAuthorizationRequest(request, parameters)).client : undefined
    },
  }
}
