/** Counts failed attempts to sign in, and keeps that factors changed, until the person hears of it. Owns no limit (login-throttle.ts). */
import type { FastifyInstance } from 'fastify'
import { FAILURES_KEPT_MS } from '../../domain/user/sign-in-failures.ts'
import type { SignInFailures } from '../../domain/user/sign-in-failures.ts'
import { factorChanges } from '../../domain/user/username.ts'
import type { User } from '../../domain/user/user.ts'

export interface FailureCounts {
  /** Names that no account has share one count that nobody reads, so that they cost as much as those that exist (threat-model.md T14). */
  add(user: Pick<User, 'id'> | undefined): Promise<void>
  /** Keeps that the factors of a user have changed. */
  noteChange(user: Pick<User, 'id'>): Promise<void>
  /** Takes what a user who has just logged in should hear of, without the failures that this person made right before. */
  take(user: Pick<User, 'id'>, ownFailures: number): Promise<SignInFailures | undefined>
}

export function createFailureCounts(app: FastifyInstance): FailureCounts {
  const { loginAttempts } = app.storage
  const subjectOf = (user: Pick<User, 'id'> | undefined): string => `failed:${user?.id ?? ''}`

  async function count(subject: string): Promise<void> {
    const now = app.now()
    await loginAttempts.count(subject, now, now + FAILURES_KEPT_MS)
  }

  async function takeFrom(subject: string): Promise<{ attempts: number; since: number } | undefined> {
    const counted = await loginAttempts.clear(subject)
    if (counted === undefined || counted.expiresAt <= app.now()) return undefined
    return { attempts: counted.attempts, since: counted.expiresAt - FAILURES_KEPT_MS }
  }

  return {
    add: (user) => count(subjectOf(user)),
    noteChange: (user) => count(factorChanges(user.id)),
    async take(user, ownFailures) {
      const [failed, changed] = [await takeFrom(subjectOf(user)), await takeFrom(factorChanges(user.id))]
      const failures = Math.max((failed?.attempts ?? 0) - ownFailures, 0)
      if (failures === 0 && changed === undefined) return undefined
      const since = failures === 0 ? app.now() : failed!.since
      return { userId: user.id, count: failures, since, factorsChangedAt: changed?.since }
    },
  }
}
