/** Users: who can log in, and what clients learn about them. A change ends the sessions of that user in the same unit of work. */
import { ok } from '../domain/protocol/result.ts'
import type { User } from '../domain/user/user.ts'
import { canonicalUsername } from '../domain/user/username.ts'
import type { OperationContext } from './context.ts'
import { changedMeanwhile, conflict, invalid, notFound } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { applyUserMembers } from './user-members.ts'
import type { UserMembers } from './user-members.ts'

export async function listUsers({ storage }: OperationContext): Promise<Outcome<User[]>> {
  return ok(await storage.users.list())
}

/** By any spelling of the login name. */
export async function findUser({ storage }: OperationContext, name: string): Promise<Outcome<User>> {
  const username = canonicalUsername(name)
  const user = await storage.users.findByUsername(username)
  return user === undefined ? notFound(`There is no user ${username}.`) : ok(user)
}

/** Changes the members that are named; an empty text removes one. */
export async function updateUser({ storage, now }: OperationContext, user: User, members: UserMembers): Promise<Outcome<void>> {
  if (Object.values(members).every((value) => value === undefined)) return invalid('There is nothing to change.')
  if (isAdministrator(user) && members.email !== undefined)
    return conflict(`${user.username} is the administrator, whose address is ADMIN_EMAIL: set that and restart the server.`)
  const known = applyUserMembers(members, user)
  if (!known.ok) return known
  const { id, username } = user
  return (await storage.users.update({ id, username, ...known.value }, now())) ? ok(undefined) : changedMeanwhile(username)
}

/** Ends sessions and grants; the account stays. */
export async function disableUser({ storage, now }: OperationContext, { id, username }: User): Promise<Outcome<void>> {
  return (await storage.users.disable(id, now())) ? ok(undefined) : conflict(`${username} is already disabled.`)
}

/** Lets a user log in again, without the sessions and grants that were there. */
export async function enableUser({ storage, now }: OperationContext, { id, username }: User): Promise<Outcome<void>> {
  return (await storage.users.enable(id, now())) ? ok(undefined) : conflict(`${username} is not disabled.`)
}

/** Deletes the user with sessions, consents and grants. */
export async function deleteUser({ storage, now }: OperationContext, { id, username }: User): Promise<Outcome<void>> {
  return (await storage.users.delete(id, now())) ? ok(undefined) : changedMeanwhile(username)
}

/** The user that the configuration names: each start applies its name, address and password again. */
export const isAdministrator = ({ origin }: Pick<User, 'origin'>): boolean => origin === 'environment'
