/** `user invite`, `user reset-password`, `link list` and `link revoke`. */
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { askFor } from '../managed.ts'
import type { Answer, Item } from '../managed.ts'
import { isSet, readText } from '../read-options.ts'
import { minuteOf, printJson, printTable } from '../terminal/print.ts'
import { warnOfSharers, withUser } from './users.ts'

type Made = Answer<'link.reset-password' | 'link.factor'>

export async function inviteUser(call: Call): Promise<void> {
  const [email, group, language] = [readText(call, 'email'), readText(call, 'group'), readText(call, 'language')]
  const hints = { 'not-found': `List them with: ${call.program} group list` }
  const { email_shared_with: sharers, ...made } = await askFor(
    call,
    'link.invite',
    { body: { email, group, language, print: isSet(call, 'print') } },
    hints,
  )
  printLink(call, made)
  warnOfSharers(call, sharers)
}

export async function makeResetLink(call: Call): Promise<void> {
  await withUser(call, async ({ username }, ask) => {
    printLink(call, valueOf(call, await ask('link.reset-password', { params: { username }, body: { print: isSet(call, 'print') } })))
  })
}

/** Where the link went, or the link itself. */
export function printLink(call: Call, { not_mailed: failed, ...made }: Made): void {
  const counts = `until ${minuteOf(made.expires_at)} UTC`
  if (made.mailed_to !== undefined) {
    if (isSet(call, 'json')) printJson(call, made)
    else call.output.write(`A mail with the link is on its way to ${made.mailed_to}. It can be used once, ${counts}.\n`)
    return
  }
  if (failed !== undefined) call.errors.write(`No mail went to ${failed.to}: ${failed.problem}.\n`)
  call.errors.write(`The link is shown only once. Anybody who has it can use it, once, ${counts}:\n`)
  if (isSet(call, 'json')) printJson(call, made)
  else call.output.write(`${made.url}\n`)
}

export async function listLinks(call: Call): Promise<void> {
  const { items: links, more } = await askFor(call, 'link.list', { query: { limit: readText(call, 'limit') } })
  if (isSet(call, 'json')) printJson(call, links)
  else if (links.length === 0) call.output.write('There is no link that can still be used.\n')
  else printTable(call, ['Kind', 'User', 'E-mail', 'Group', 'Until (UTC)', 'Link'], links.map(row))
  if (more) call.errors.write('There are more: add --limit.\n')
}

const row = ({ kind, user = '', email = '', group = '', expires_at: until, id }: Item<'link.list'>): string[] => [
  kind,
  user,
  email,
  group,
  minuteOf(until),
  id,
]

export async function revokeLink(call: Call): Promise<void> {
  const hints = { 'not-found': `List them with: ${call.program} link list` }
  await askFor(call, 'link.revoke', { params: { id: call.positionals[0]! } }, hints)
  call.output.write('Nobody can use this link any more.\n')
}
