/** `group add`, `list`, `show`, `join`, `leave` and `delete`. */
import * as operations from '../../operations/access/groups.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readText } from '../read-options.ts'
import { day, printJson, printTable } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'

const groupOf = ({ positionals: [group = ''] }: Call): string => group

export async function addGroup(call: Call): Promise<void> {
  const members = { name: groupOf(call), description: readText(call, 'description') }
  const { name } = valueOf(call, await withOperations(call, (context) => operations.addGroup(context, members)))
  call.output.write(`The group ${name} is there. Put users into it with: ${call.program} group join ${name} <username>\n`)
}

export async function listGroups(call: Call): Promise<void> {
  const groups = valueOf(call, await withOperations(call, operations.listGroups))
  if (isSet(call, 'json'))
    return printJson(
      call,
      groups.map(({ group, members }) => ({ ...operations.groupJson(group), members })),
    )
  if (groups.length === 0) return void call.output.write(`There are no groups. Add one with: ${call.program} group add <group>\n`)
  printTable(
    call,
    ['Group', 'What for', 'Users', 'Since'],
    groups.map(({ group: { name, description, createdAt }, members }) => [name, description, String(members), day(createdAt)]),
  )
}

export async function showGroup(call: Call): Promise<void> {
  const shown = await withOperations(call, (context) => operations.showGroup(context, groupOf(call)))
  const { group, members, more } = valueOf(call, shown, { 'not-found': listHint(call) })
  if (isSet(call, 'json')) printJson(call, { ...operations.groupJson(group), members: members.map(operations.memberJson) })
  else {
    call.output.write(`${group.name}${group.description === '' ? '' : `: ${group.description}`}\n`)
    if (members.length === 0) call.output.write('Nobody is in it.\n')
    else
      printTable(
        call,
        ['User', 'Because of', 'Since'],
        members.map(({ username, source, since }) => [username, source, day(since)]),
      )
  }
  if (more) call.errors.write('There are more.\n')
}

export async function joinGroup(call: Call): Promise<void> {
  const [group = '', username = ''] = call.positionals
  const joined = await withOperations(call, (context) => operations.joinGroup(context, group, username))
  call.output.write(`${valueOf(call, joined, { 'not-found': lists(call) }).username} is in ${group} now.\n`)
}

export async function leaveGroup(call: Call): Promise<void> {
  const [group = '', username = ''] = call.positionals
  const left = await withOperations(call, (context) => operations.leaveGroup(context, group, username))
  const { user, still } = valueOf(call, left, { 'not-found': lists(call) })
  if (still.length === 0) call.output.write(`${user.username} is not in ${group} any more.\n`)
  else call.output.write(`${user.username} is still in ${group}, because of ${still.join(', ')}.\n`)
}

export async function deleteGroup(call: Call): Promise<void> {
  await withOperations(call, async (context) => {
    const { group } = valueOf(call, await operations.showGroup(context, groupOf(call)), { 'not-found': listHint(call) })
    const question = `Delete the group ${group.name}? Its users stay. Type its name to confirm: `
    await confirm(call, question, (answer) => answer.trim() === group.name)
    valueOf(call, await operations.deleteGroup(context, group))
    call.output.write(`The group ${group.name} is deleted.\n`)
  })
}

const listHint = ({ program }: Call): string => `List them with: ${program} group list`
const lists = ({ program }: Call): string => `List them with: ${program} group list, ${program} user list`
