/** The end of all that somebody logs in with besides a password, for a person who lost it. */
import { ok } from '../../domain/protocol/result.ts'
import type { User } from '../../domain/user/user.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { conflict } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { checkRank } from './roles.ts'

/** Deletes passkeys, one-time codes and recovery codes, and ends the user's sessions. */
export async function resetFactors(context: OperationContext, user: User): Promise<Outcome<void>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  const { id, username } = user
  const event = operatorEvent(context, { name: 'factor.removed', userId: id, details: { user: username, factor: 'all' } })
  return (await context.storage.factors.reset(id, context.now(), event))
    ? ok(undefined)
    : conflict(`${username} has no passkey and no codes.`)
}
