/** `user list`, `update`, `disable`, `enable`, `unlock` and `delete`. */
import type { User } from '../../domain/user/user.ts'
import { roleOf } from '../../domain/user/role.ts'
import { canonicalUsername } from '../../domain/user/username.ts'
import type { OperationContext } from '../../operations/context.ts'
import { userJson } from '../../operations/users/user-json.ts'
import { USER_MEMBERS } from '../../domain/user/user-members.ts'
import type { UserMembers } from '../../domain/user/user-members.ts'
import * as operations from '../../operations/users/users.ts'
import { changeRole as giveRole } from '../../operations/users/roles.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { day, printJson, printMembers, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'
import { isSet, readText } from '../read-options.ts'

export async function listUsers(call: Call): Promise<void> {
  const users = valueOf(call, await withOperations(call, operations.listUsers))
  if (isSet(call, 'json')) return printJson(call, users.map(userJson))
  if (users.length === 0) return void call.output.write('There are no users yet: the server creates the administrator when it starts.\n')
  printTable(call, ['Login', 'Name', 'E-mail', 'Status', 'Since', 'Id'], users.map(row))
}

export async function showUser(call: Call): Promise<void> {
  const shown = await withOperations(call, (context) => operations.showUser(context, call.positionals[0]!))
  const { user, groups, grants, sessions } = valueOf(call, shown, { 'not-found': `List them with: ${call.program} user list` })
  const members = { ...userJson(user), groups, live_sessions: sessions, live_grants: grants }
  if (isSet(call, 'json')) printJson(call, members)
  else printMembers(call, members)
}

function row(user: User): string[] {
  const { name, givenName, familyName } = user.profile
  const role = roleOf(user)
  const status = [
    operations.isAdministrator(user) ? ['administrator'] : role === undefined ? [] : [role],
    user.disabledAt === undefined ? [] : [user.barredBy === undefined ? 'disabled' : 'disabled by provider'],
  ].flat()
  return [
    user.username,
    name ?? [givenName, familyName].filter((part) => part !== undefined).join(' '),
    user.email ?? '',
    status.join(', ') || 'active',
    day(user.createdAt),
    user.id,
  ]
}

export async function updateUser(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    const hints = { invalid: `See: ${call.program} help user update` }
    const members = readMembers(call)
    valueOf(call, await operations.updateUser(context, user, members), Object.keys(members).length === 0 ? hints : {})
    call.output.write(`What clients learn about ${user.username} is changed, and their sessions have ended.\n`)
    await warnOfSharers(call, context, { username: user.username, email: members.email })
  })
}

export async function disableUser(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    valueOf(call, await operations.disableUser(context, user))
    call.output.write(`${user.username} is disabled: they can't log in, and no client can act for them.\n`)
    if (operations.isAdministrator(user))
      call.errors.write(`This is the administrator. It stays disabled until: ${call.program} user enable ${user.username}\n`)
  })
}

export async function changeRole(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    const role = call.positionals[1]!
    valueOf({ options: { role } }, await giveRole(context, user, role))
    call.output.write(`${user.username} ${role === 'none' ? 'has no role now' : `is ${role} now`}, and has to log in again.\n`)
  })
}

export async function enableUser(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    valueOf(call, await operations.enableUser(context, user))
    call.output.write(`${user.username} can log in again, and has to allow clients again.\n`)
  })
}

export async function unlockUser(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    valueOf(call, await operations.unlockUser(context, user))
    call.output.write(`${user.username} can try to log in again. Earlier attempts are forgotten.\n`)
    if (user.disabledAt !== undefined)
      call.errors.write(`The account is disabled, and stays so until: ${call.program} user enable ${user.username}\n`)
  })
}

export async function deleteUser(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    if (operations.isAdministrator(user))
      call.errors.write(
        'This is the administrator: the next start creates it again, as another user to all clients (another "sub"), unless ADMIN_USERNAME names someone else.\n',
      )
    const question = `Delete ${user.username} for good, with everything that clients were allowed? Type the name to confirm: `
    await confirm(call, question, (answer) => canonicalUsername(answer) === user.username)
    valueOf(call, await operations.deleteUser(context, user))
    call.output.write(`${user.username} is deleted, with everything that clients were allowed.\n`)
  })
}

/** Warns if others have the address that a user was given. */
export async function warnOfSharers(
  call: Call,
  context: OperationContext,
  { username, email }: { readonly username: string; readonly email?: string | undefined },
): Promise<void> {
  if (email === undefined || email === '') return
  const sharers = valueOf(call, await operations.findSharers(context, email, username))
  if (sharers.length === 0) return
  const names = sharers.join(', ')
  call.errors.write(
    `${names} ${sharers.length === 1 ? 'has' : 'have'} this e-mail address, too: apps that know people by it take them for one.\n`,
  )
}

/** The members that the options name. */
export const readMembers = (call: Call): UserMembers =>
  Object.fromEntries(USER_MEMBERS.map((name) => [name, readText(call, name)]).filter(([, value]) => value !== undefined))

/** Does `work` with the user that the call names. */
export async function withUser(call: Call, work: (user: User, context: OperationContext) => Promise<void>): Promise<void> {
  await withOperations(call, async (context) => {
    const hints = { 'not-found': `List them with: ${call.program} user list` }
    await work(valueOf(call, await operations.findUser(context, call.positionals[0]!), hints), context)
  })
}
