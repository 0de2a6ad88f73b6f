/** Users: who can log in, and what clients learn about them. A change ends the sessions of that user in the same unit of work. */
import { ok } from '../../domain/protocol/result.ts'
import type { Identity } from '../../domain/provider/identity.ts'
import type { FactorsOf } from '../../domain/user/factors.ts'
import type { User } from '../../domain/user/user.ts'
import { accountAttempts, canonicalUsername } from '../../domain/user/username.ts'
import { liveAt, operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict, invalid, memberProblem, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { checkOwnerLeft, checkRank } from './roles.ts'
import { applyUserMembers } from '../../domain/user/user-members.ts'
import type { UserMembers } from '../../domain/user/user-members.ts'

export async function listUsers({ storage }: OperationContext): Promise<Outcome<User[]>> {
  return ok(await storage.users.list())
}

/** By any spelling of the login name. */
export async function findUser({ storage }: OperationContext, name: string): Promise<Outcome<User>> {
  const username = canonicalUsername(name)
  const user = await storage.users.findByUsername(username)
  return user === undefined ? notFound(`There is no user ${username}.`) : ok(user)
}

export interface ShownUser {
  readonly user: User
  readonly groups: readonly string[]
  /** How many of them are live. */
  readonly grants: number
  readonly sessions: number
  /** What the user logs in with besides a password. */
  readonly factors: FactorsOf
  readonly identities: readonly (Identity & { readonly provider: string })[]
}

/** A user as the own account page has it: its groups, what it logs in with, and how many of its sessions and grants are live. */
export async function showUser(context: OperationContext, name: string): Promise<Outcome<ShownUser>> {
  const user = await findUser(context, name)
  if (!user.ok) return user
  const { storage } = context
  const groups = [...new Set((await storage.groups.listOf(user.value.id)).map(({ group }) => group))]
  const { id } = user.value
  const providers = new Map((await storage.providers.list()).map((provider) => [provider.id, provider.name]))
  const identities = (await storage.identities.listOf(id)).map((each) => ({ ...each, provider: providers.get(each.providerId)! }))
  const counted = await storage.totals.countOf(id, liveAt(context))
  return ok({ user: user.value, groups, factors: await storage.factors.listOf(id), identities, ...counted })
}

/** Changes the members that are named; an empty text removes one. */
export async function updateUser(context: OperationContext, user: User, members: UserMembers): Promise<Outcome<void>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  if (Object.values(members).every((value) => value === undefined)) return invalid('There is nothing to change.')
  if (isAdministrator(user) && members.email !== undefined)
    return conflict(`${user.username} is the administrator, whose address is ADMIN_EMAIL: set that and restart the server.`)
  const known = applyUserMembers(members, user)
  if (!known.ok) return memberProblem(known.error)
  const { id, username } = user
  // Values of a person stay out of the log, which outlives them.
  const changed = Object.keys(members).filter((name) => members[name as keyof UserMembers] !== undefined)
  const event = operatorEvent(context, { name: 'user.updated', userId: id, details: { user: username, changed } })
  return (await context.storage.users.update({ id, username, ...known.value }, context.now(), event))
    ? ok(undefined)
    : changedMeanwhile(username)
}

/** Ends sessions and grants; the account stays. */
export async function disableUser(context: OperationContext, user: User): Promise<Outcome<void>> {
  const removable = await checkRemovable(context, user)
  if (!removable.ok) return removable
  const { id, username } = user
  const event = operatorEvent(context, { name: 'user.disabled', userId: id, details: { user: username } })
  return (await context.storage.users.disable(id, context.now(), event)) ? ok(undefined) : conflict(`${username} is already disabled.`)
}

/** Lets a user log in again, without the sessions and grants that were there. */
export async function enableUser(context: OperationContext, user: User): Promise<Outcome<void>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  const { id, username } = user
  const event = operatorEvent(context, { name: 'user.enabled', userId: id, details: { user: username } })
  return (await context.storage.users.enable(id, context.now(), event)) ? ok(undefined) : conflict(`${username} is not disabled.`)
}

/**
 * Lets a user try to log in again at once, after too many failed attempts of anybody. What was counted is forgotten, and so are the
 * browsers that were known: one of them may be where the attempts came from.
 */
export async function unlockUser(context: OperationContext, user: User): Promise<Outcome<void>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  const { id, username } = user
  const event = operatorEvent(context, { name: 'user.unlocked', userId: id, details: { user: username } })
  const unlocked = await context.storage.users.unlock(id, accountAttempts(username), context.now(), event)
  return unlocked ? ok(undefined) : changedMeanwhile(username)
}

/** Deletes the user with sessions, consents and grants. */
export async function deleteUser(context: OperationContext, user: User): Promise<Outcome<void>> {
  const removable = await checkRemovable(context, user)
  if (!removable.ok) return removable
  const { id, username } = user
  const event = operatorEvent(context, { name: 'user.deleted', userId: id, details: { user: username } })
  return (await context.storage.users.delete(id, context.now(), event)) ? ok(undefined) : changedMeanwhile(username)
}

async function checkRemovable(context: OperationContext, user: User): Promise<Outcome<void>> {
  const allowed = checkRank(context, user)
  return allowed.ok ? checkOwnerLeft(context, user) : allowed
}

/** The others who have an e-mail address, in any case: apps that know people by their address take all of them for one. */
export async function findSharers({ storage }: OperationContext, email: string, username: string): Promise<string[]> {
  const users = await storage.users.findByEmail(email.toLowerCase())
  const counting = users.filter(({ emailVerified, disabledAt }) => emailVerified && disabledAt === undefined)
  return counting
    .map((user) => user.username)
    .filter((name) => name !== username)
    .sort()
}

/** The user that the configuration names: each start applies its name, address and password again. */
export const isAdministrator = ({ origin }: Pick<User, 'origin'>): boolean => origin === 'environment'
