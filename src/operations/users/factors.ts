/** The second factors and passkeys of a user, as an operator helps with them. */
import { ok } from '../../domain/protocol/result.ts'
import { FAILURES_KEPT_MS } from '../../domain/user/sign-in-failures.ts'
import type { User } from '../../domain/user/user.ts'
import { factorChanges } from '../../domain/user/username.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { conflict } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { checkRank } from './roles.ts'

/** Removes passkeys, one-time codes and recovery codes, ends all sessions, and has the user hear of it after the next login. */
export async function resetFactors(context: OperationContext, user: User): Promise<Outcome<void>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  const { id, username } = user
  const { storage } = context
  const now = context.now()
  const event = operatorEvent(context, { name: 'factor.removed', userId: id, details: { user: username, factor: 'all' } })
  if (!(await storage.factors.reset(id, now, event))) return conflict(`${username} has no passkey and no codes.`)
  await storage.loginAttempts.count(factorChanges(id), now, now + FAILURES_KEPT_MS)
  return ok(undefined)
}
