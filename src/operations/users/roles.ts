/** Roles: who has which, and whom nobody but somebody of the same rank may change. */
import { ok } from '../../domain/protocol/result.ts'
import { managementAddress } from '../../domain/management/management.ts'
import { ROLES, isLastOwner, isRole, mayChange, mayGiveRoles, roleOf } from '../../domain/user/role.ts'
import type { User } from '../../domain/user/user.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict, forbidden, invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** What takes a role away. */
const NO_ROLE = 'none'

/** Whether the actor may change what a user logs in with, is known by, or may do. */
export const checkRank = ({ actor }: Pick<OperationContext, 'actor'>, user: Pick<User, 'username' | 'origin' | 'role'>): Outcome<void> =>
  mayChange(actor, user) ? ok(undefined) : forbidden(`${user.username} is ${roleOf(user)!}: that takes the same role.`)

/** The same, for what may belong to somebody, by their id. */
export async function checkRankOf(context: OperationContext, userId: string | undefined): Promise<Outcome<void>> {
  const user = userId === undefined ? undefined : await context.storage.users.find(userId)
  return user === undefined ? ok(undefined) : checkRank(context, user)
}

/** Whether an owner who can log in is left without this user. The storage asks once more, as the change happens. */
export async function checkOwnerLeft({ storage }: Pick<OperationContext, 'storage'>, user: User): Promise<Outcome<void>> {
  if (!isLastOwner(user, await storage.users.listOwners())) return ok(undefined)
  return conflict(`${user.username} is the last owner: give somebody else that role first.`)
}

/**
 * Gives a user another role, and ends the user's sessions; tokens with which the user managed the server stop working, too.
 *
 * @param role a role, or `none`
 */
export async function changeRole(context: OperationContext, user: User, role: string): Promise<Outcome<void>> {
  if (!mayGiveRoles(context.actor)) return forbidden('Only owners give and take roles.')
  if (role !== NO_ROLE && !isRole(role)) return invalidArgument('role', `must be one of ${[...ROLES, NO_ROLE].join(', ')}`, role)
  if (user.origin === 'environment')
    return conflict(`${user.username} is the administrator, who is owner as long as ADMIN_USERNAME names it.`)
  const after = role === NO_ROLE ? undefined : role
  if (user.role === after) return conflict(`${user.username} ${after === undefined ? 'has no role' : `is ${after}`} already.`)
  const left = await checkOwnerLeft(context, user)
  if (!left.ok) return left
  const { id: userId, username, role: before } = user
  const details = { user: username, role: [before ?? null, after ?? null] }
  const event = operatorEvent(context, { name: 'user.role_changed', userId, details })
  const changed = await context.storage.users.changeRole(
    userId,
    { before, after, management: managementAddress(context.config.issuer) },
    context.now(),
    event,
  )
  return changed ? ok(undefined) : changedMeanwhile(username)
}
