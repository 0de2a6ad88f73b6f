/** Counts failed attempts to sign in until the person hears of them. Owns no limit (login-throttle.ts). */
import type { FastifyInstance } from 'fastify'
import { FAILURES_KEPT_MS } from '../../domain/user/sign-in-failures.ts'
import type { SignInFailures } from '../../domain/user/sign-in-failures.ts'
import type { User } from '../../domain/user/user.ts'

export interface FailureCounts {
  /** Names that no account has share one count that nobody reads, so that they cost as much as those that exist (threat-model.md T14). */
  add(user: Pick<User, 'id'> | undefined): Promise<void>
  /** Takes the failures of a user who has just logged in, without those that this person made right before. */
  take(user: Pick<User, 'id'>, ownFailures: number): Promise<SignInFailures | undefined>
}

export function createFailureCounts(app: FastifyInstance): FailureCounts {
  const { loginAttempts } = app.storage
  const subjectOf = (user: Pick<User, 'id'> | undefined): string => `failed:${user?.id ?? ''}`

  return {
    async add(user) {
      const now = app.now()
      await loginAttempts.count(subjectOf(user), now, now + FAILURES_KEPT_MS)
    },
    async take(user, ownFailures) {
      const counted = await loginAttempts.clear(subjectOf(user))
      if (counted === undefined || counted.expiresAt <= app.now()) return undefined
      const count = counted.attempts - ownFailures
      return count > 0 ? { userId: user.id, count, since: counted.expiresAt - FAILURES_KEPT_MS } : undefined
    },
  }
}
