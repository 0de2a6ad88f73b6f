/** Groups of users: by them, access rules and MCP servers decide for many at once. */
import { isGroupName } from '../../domain/access/group.ts'
import type { Group, Membership } from '../../domain/access/group.ts'
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { User } from '../../domain/user/user.ts'
import type { CountedGroup, ListedMembership } from '../../storage/storage.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict, invalid, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { findUser } from '../users/users.ts'

/** In characters. */
const MAX_DESCRIPTION = 200
/** How many members are shown: a whole company may be one group. */
const MOST_SHOWN = 1000

export interface ShownGroup {
  readonly group: Group
  /** The latest first; somebody may be in it for several reasons. */
  readonly members: readonly ListedMembership[]
  /** Whether there are more than these. */
  readonly more: boolean
}

export async function listGroups({ storage }: OperationContext): Promise<Outcome<CountedGroup[]>> {
  return ok(await storage.groups.list())
}

export async function findGroup({ storage }: OperationContext, name: string): Promise<Outcome<Group>> {
  const group = await storage.groups.find(name)
  return group === undefined ? notFound(`There is no group ${plainText(name, 100)}.`) : ok(group)
}

export async function showGroup(context: OperationContext, name: string): Promise<Outcome<ShownGroup>> {
  const group = await findGroup(context, name)
  if (!group.ok) return group
  const members = await context.storage.groups.listMembers(group.value.name, MOST_SHOWN + 1)
  return ok({ group: group.value, members: members.slice(0, MOST_SHOWN), more: members.length > MOST_SHOWN })
}

export async function addGroup(
  context: OperationContext,
  { name, description = '' }: { readonly name: string; readonly description?: string | undefined },
): Promise<Outcome<Group>> {
  if (!isGroupName(name))
    return invalid(
      `"${plainText(name, 100)}" is not a name for a group: use up to 64 letters, digits and _.:@/+-, a letter or digit first.`,
    )
  const group = { name, description: plainText(description, MAX_DESCRIPTION), createdAt: context.now() }
  const event = operatorEvent(context, { name: 'group.added', details: { group: name, description: group.description } })
  return (await context.storage.groups.insert(group, event)) ? ok(group) : conflict(`The group ${name} already exists.`)
}

/** Deletes a group with its memberships, unless a rule names it: what that allows or denies must not change by the way. */
export async function deleteGroup(context: OperationContext, { name }: Group): Promise<Outcome<void>> {
  const rules = (await context.storage.accessRules.list()).filter(({ who }) => who.kind === 'group' && who.group === name)
  if (rules.length > 0) return conflict(`Access rules name the group ${name}: delete ${rules.map(({ id }) => id).join(', ')} first.`)
  const event = operatorEvent(context, { name: 'group.deleted', details: { group: name } })
  return (await context.storage.groups.delete(name, event)) ? ok(undefined) : changedMeanwhile(name)
}

/** Puts a user into a group by hand. @returns the user */
export async function joinGroup(context: OperationContext, named: string, username: string): Promise<Outcome<User>> {
  const group = await findGroup(context, named)
  if (!group.ok) return group
  const user = await findUser(context, username)
  if (!user.ok) return user
  const membership = { group: group.value.name, userId: user.value.id, source: 'manual', since: context.now() } as const
  const event = operatorEvent(context, { name: 'group.joined', details: detailsOf(membership, user.value) })
  const joined = await context.storage.groups.join(membership, event)
  return joined ? user : conflict(`${user.value.username} is in ${membership.group} already.`)
}

/** Takes a user out of a group, as far as the user was put in by hand. @returns the user, and why it is still in the group, if so */
export async function leaveGroup(
  context: OperationContext,
  named: string,
  username: string,
): Promise<Outcome<{ user: User; still: Membership['source'][] }>> {
  const group = await findGroup(context, named)
  if (!group.ok) return group
  const user = await findUser(context, username)
  if (!user.ok) return user
  const membership = { group: group.value.name, userId: user.value.id, source: 'manual' } as const
  const event = operatorEvent(context, { name: 'group.left', details: detailsOf(membership, user.value) })
  const left = await context.storage.groups.leave(membership, event)
  const still = (await context.storage.groups.listOf(user.value.id))
    .filter((other) => other.group === membership.group)
    .map(({ source }) => source)
  if (left) return ok({ user: user.value, still })
  const { username: name } = user.value
  return conflict(
    still.length === 0
      ? `${name} is not in ${membership.group}.`
      : `${name} is in ${membership.group} because of ${still.join(', ')}, and nobody put ${name} there by hand.`,
  )
}

const detailsOf = ({ group, source }: Omit<Membership, 'since'>, { username }: User) => ({ group, user: username, source })

/** A group as programs read it. */
export const groupJson = ({ name, description, createdAt }: Group) => ({
  name,
  description,
  created_at: new Date(createdAt).toISOString(),
})

/** A membership as programs read it. */
export const memberJson = ({ username, userId, source, since }: ListedMembership) => ({
  user: username,
  sub: userId,
  source,
  since: new Date(since).toISOString(),
})
