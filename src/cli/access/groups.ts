/** `group add`, `list`, `show`, `join`, `leave` and `delete`. */
import { canonicalUsername } from '../../domain/user/username.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { askFor, withManagement } from '../managed.ts'
import { isSet, readText } from '../read-options.ts'
import { dayOf, printJson, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'

const groupOf = ({ positionals: [group = ''] }: Call): string => group

export async function addGroup(call: Call): Promise<void> {
  const { name } = await askFor(call, 'group.add', { body: { name: groupOf(call), description: readText(call, 'description') } })
  call.output.write(`The group ${name} is there. Put users into it with: ${call.program} group join ${name} <username>\n`)
}

export async function listGroups(call: Call): Promise<void> {
  const { items } = await askFor(call, 'group.list')
  if (isSet(call, 'json')) return printJson(call, items)
  if (items.length === 0) return void call.output.write(`There are no groups. Add one with: ${call.program} group add <group>\n`)
  printTable(
    call,
    ['Group', 'What for', 'Users', 'Since'],
    items.map(({ name, description, members, created_at }) => [name, description, String(members), dayOf(created_at)]),
  )
}

export async function showGroup(call: Call): Promise<void> {
  const { more = false, ...group } = await askFor(call, 'group.show', { params: { name: groupOf(call) } }, { 'not-found': listHint(call) })
  const { name, description, members } = group
  if (isSet(call, 'json')) printJson(call, group)
  else {
    call.output.write(`${name}${description === '' ? '' : `: ${description}`}\n`)
    if (members.length === 0) call.output.write('Nobody is in it.\n')
    else
      printTable(
        call,
        ['User', 'Because of', 'Since'],
        members.map(({ user, source, since }) => [user, source, dayOf(since)]),
      )
  }
  if (more) call.errors.write('There are more.\n')
}

export async function joinGroup(call: Call): Promise<void> {
  const [name = '', username = ''] = call.positionals
  await askFor(call, 'group.join', { params: { name, username } }, { 'not-found': lists(call) })
  call.output.write(`${canonicalUsername(username)} is in ${name} now.\n`)
}

export async function leaveGroup(call: Call): Promise<void> {
  const [name = '', username = ''] = call.positionals
  const { still } = await askFor(call, 'group.leave', { params: { name, username } }, { 'not-found': lists(call) })
  const user = canonicalUsername(username)
  if (still.length === 0) call.output.write(`${user} is not in ${name} any more.\n`)
  else call.output.write(`${user} is still in ${name}, because of ${still.join(', ')}.\n`)
}

export async function deleteGroup(call: Call): Promise<void> {
  await withManagement(call, async (ask) => {
    const params = { name: groupOf(call) }
    const { name } = valueOf(call, await ask('group.show', { params }), { 'not-found': listHint(call) })
    const question = `Delete the group ${name}? Its users stay. Type its name to confirm: `
    await confirm(call, question, (answer) => answer.trim() === name)
    valueOf(call, await ask('group.delete', { params }))
    call.output.write(`The group ${name} is deleted.\n`)
  })
}

const listHint = ({ program }: Call): string => `List them with: ${program} group list`
const lists = ({ program }: Call): string => `List them with: ${program} group list, ${program} user list`
