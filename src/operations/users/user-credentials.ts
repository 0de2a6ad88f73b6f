/** New users and new passwords. Apart from users.ts, because hashing loads a native module. */
import { hashPassword } from '../../crypto/password.ts'
import { acceptNewPassword } from '../../crypto/password-strength.ts'
import { ok } from '../../domain/protocol/result.ts'
import { describePasswordProblem } from '../../domain/user/new-password.ts'
import type { User } from '../../domain/user/user.ts'
import { canonicalUsername, isUsername } from '../../domain/user/username.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict, invalid, invalidArgument, memberProblem } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { applyUserMembers } from '../../domain/user/user-members.ts'
import type { UserMembers } from '../../domain/user/user-members.ts'
import { checkRank } from './roles.ts'
import { isAdministrator } from './users.ts'

export interface NewUser extends UserMembers {
  readonly username: string
  /** Without one, the user needs another way to log in (links.ts). */
  readonly password?: string | undefined
}

type Said = Pick<User, 'username' | 'email' | 'emailVerified' | 'profile'>

/** Whether there can be such a user, before anyone types a password. Returns the canonical spelling of the login name. */
export async function checkNewUser(context: OperationContext, user: Omit<NewUser, 'password'>): Promise<Outcome<string>> {
  const parsed = parseNewUser(context, user)
  if (!parsed.ok) return parsed
  const { username } = parsed.value
  return (await context.storage.users.findByUsername(username)) === undefined ? ok(username) : taken(username)
}

export async function addUser(context: OperationContext, { password: raw, ...said }: NewUser): Promise<Outcome<User>> {
  const parsed = parseNewUser(context, said)
  if (!parsed.ok) return parsed
  const password = raw === undefined ? ok(undefined) : await parsePassword(context, parsed.value.username, raw)
  if (!password.ok) return password
  const passwordHash = password.value && (await hashPassword(password.value))
  const now = context.now()
  const user: User = { ...parsed.value, id: context.newId(), passwordHash, origin: 'operator', createdAt: now, updatedAt: now }
  const event = operatorEvent(context, { name: 'user.added', userId: user.id, details: { user: user.username } })
  return (await context.storage.users.insert(user, event)) ? ok(user) : taken(user.username)
}

/** Why nobody changes it, after the name. */
export const ADMINISTRATORS_PASSWORD = 'is the administrator, whose password is ADMIN_PASSWORD: set that and restart the server.'

/** Whether the actor can change a user's password here, before anyone types a new one. */
export function checkPasswordChangeable(context: OperationContext, user: User): Outcome<void> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  if (!isAdministrator(user)) return ok(undefined)
  return conflict(`${user.username} ${ADMINISTRATORS_PASSWORD}`)
}

export interface NewPassword {
  readonly password: string
  /** Whether the apps that somebody connected with the old password have to be connected again. */
  readonly endGrants?: boolean | undefined
}

/** Sets a new password and ends the user's sessions. */
export async function changePassword(
  context: OperationContext,
  user: User,
  { password: raw, endGrants = false }: NewPassword,
): Promise<Outcome<void>> {
  const changeable = checkPasswordChangeable(context, user)
  if (!changeable.ok) return changeable
  const password = await parsePassword(context, user.username, raw)
  if (!password.ok) return password
  const passwordHash = await hashPassword(password.value)
  const event = operatorEvent(context, {
    name: 'user.password_changed',
    userId: user.id,
    details: { user: user.username, grants_ended: endGrants },
  })
  const changed = await context.storage.users.changePassword(user.id, { passwordHash, endGrants }, context.now(), event)
  return changed ? ok(undefined) : changedMeanwhile(user.username)
}

const taken = (username: string) => conflict(`${username} already exists.`)

function parseNewUser({ config }: OperationContext, { username: raw, ...members }: Omit<NewUser, 'password'>): Outcome<Said> {
  const username = canonicalUsername(raw)
  if (!isUsername(username)) return invalid('A login name must have 1 to 128 characters, without spaces or invisible characters.')
  if (username === canonicalUsername(config.adminUsername))
    return conflict(`${username} is the administrator, which the server creates when it starts (ADMIN_USERNAME): choose another name.`)
  const known = applyUserMembers(members)
  return known.ok ? ok({ username, ...known.value }) : memberProblem(known.error)
}

async function parsePassword({ config }: OperationContext, username: string, raw: string): Promise<Outcome<string>> {
  const password = await acceptNewPassword(raw, username, config.issuer)
  return password.ok ? password : invalidArgument('password', `must ${describePasswordProblem(password.error, raw)}`)
}
