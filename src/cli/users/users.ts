/** `user list`, `update`, `role`, `disable`, `enable`, `unlock` and `delete`. */
import { canonicalUsername } from '../../domain/user/username.ts'
import { USER_MEMBERS } from '../../domain/user/user-members.ts'
import type { UserMembers } from '../../domain/user/user-members.ts'
import { snakeCased } from '../../operations/handlers/handler.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { withManagement } from '../managed.ts'
import type { Answer, Ask, Item } from '../managed.ts'
import { dayOf, printJson, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'
import { isSet, readText } from '../read-options.ts'

/** How many are read at a time. */
const PAGE = '1000'

export async function listUsers(call: Call): Promise<void> {
  const users = await withManagement(call, (ask) => readUsers(call, ask))
  if (isSet(call, 'json')) return printJson(call, users)
  if (users.length === 0) return void call.output.write('There are no users yet: the server creates the administrator when it starts.\n')
  printTable(call, ['Login', 'Name', 'E-mail', 'Status', 'Since', 'Id'], users.map(row))
}

/** All of them, page by page. */
async function readUsers(call: Call, ask: Ask): Promise<Item<'user.list'>[]> {
  const users: Item<'user.list'>[] = []
  let cursor: string | undefined
  do {
    const page = valueOf(call, await ask('user.list', { query: { limit: PAGE, cursor } }))
    users.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== undefined)
  return users
}

function row(user: Item<'user.list'>): string[] {
  const { name, given_name: givenName, family_name: familyName, administrator, role, disabled, disabled_by: barredBy } = user
  const status = [
    administrator ? ['administrator'] : role === undefined ? [] : [role],
    !disabled ? [] : [barredBy === undefined ? 'disabled' : 'disabled by provider'],
  ].flat()
  return [
    user.username,
    name ?? [givenName, familyName].filter((part) => part !== undefined).join(' '),
    user.email ?? '',
    status.join(', ') || 'active',
    dayOf(user.created_at),
    user.sub,
  ]
}

export async function updateUser(call: Call): Promise<void> {
  await withUser(call, async ({ username }, ask) => {
    const hints = { invalid: `See: ${call.program} help user update` }
    const members = readMembers(call)
    const isNothing = Object.keys(members).length === 0
    const updated = await ask('user.update', { params: { username }, body: snakeCased(members) })
    const { email_shared_with: sharers } = valueOf(call, updated, isNothing ? hints : {})
    call.output.write(`What clients learn about ${username} is changed, and their sessions have ended.\n`)
    warnOfSharers(call, sharers)
  })
}

export async function disableUser(call: Call): Promise<void> {
  await withUser(call, async ({ username, administrator }, ask) => {
    valueOf(call, await ask('user.disable', { params: { username } }))
    call.output.write(`${username} is disabled: they can't log in, and no client can act for them.\n`)
    if (administrator) call.errors.write(`This is the administrator. It stays disabled until: ${call.program} user enable ${username}\n`)
  })
}

export async function changeRole(call: Call): Promise<void> {
  await withUser(call, async ({ username }, ask) => {
    const role = call.positionals[1]!
    valueOf({ options: { role } }, await ask('user.change-role', { params: { username }, body: { role } }))
    call.output.write(`${username} ${role === 'none' ? 'has no role now' : `is ${role} now`}, and has to log in again.\n`)
  })
}

export async function enableUser(call: Call): Promise<void> {
  await withUser(call, async ({ username }, ask) => {
    valueOf(call, await ask('user.enable', { params: { username } }))
    call.output.write(`${username} can log in again, and has to allow clients again.\n`)
  })
}

export async function unlockUser(call: Call): Promise<void> {
  await withUser(call, async ({ username, disabled }, ask) => {
    valueOf(call, await ask('user.unlock', { params: { username } }))
    call.output.write(`${username} can try to log in again. Earlier attempts are forgotten.\n`)
    if (disabled) call.errors.write(`The account is disabled, and stays so until: ${call.program} user enable ${username}\n`)
  })
}

export async function deleteUser(call: Call): Promise<void> {
  await withUser(call, async ({ username, administrator }, ask) => {
    if (administrator)
      call.errors.write(
        'This is the administrator: the next start creates it again, as another user to all clients (another "sub"), unless ADMIN_USERNAME names someone else.\n',
      )
    const question = `Delete ${username} for good, with everything that clients were allowed? Type the name to confirm: `
    await confirm(call, question, (answer) => canonicalUsername(answer) === username)
    valueOf(call, await ask('user.delete', { params: { username } }))
    call.output.write(`${username} is deleted, with everything that clients were allowed.\n`)
  })
}

/** Warns if others have the address that a user was given. */
export function warnOfSharers(call: Call, sharers: readonly string[] = []): void {
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
export async function withUser(call: Call, work: (user: Answer<'user.show'>, ask: Ask) => Promise<void>): Promise<void> {
  await withManagement(call, async (ask) => {
    await work(valueOf(call, await ask('user.show', { params: { username: call.positionals[0]! } }), hintsFor(call)), ask)
  })
}

const hintsFor = ({ program }: Call) => ({ 'not-found': `List them with: ${program} user list` })
