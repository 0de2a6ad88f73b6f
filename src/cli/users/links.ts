/** `user invite`, `user reset-password`, `link list` and `link revoke`. */
import * as operations from '../../operations/users/links.ts'
import type { ListedLink, MadeLink } from '../../operations/users/links.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readNumber, readText } from '../read-options.ts'
import { minute, printJson, printTable } from '../terminal/print.ts'
import { warnOfSharers, withUser } from './users.ts'

export async function inviteUser(call: Call): Promise<void> {
  const [email, group] = [readText(call, 'email'), readText(call, 'group')]
  await withOperations(call, async (context) => {
    printLink(call, valueOf(call, await operations.inviteUser(context, { email, group })))
    await warnOfSharers(call, context, { username: '', email })
  })
}

export async function makeResetLink(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    printLink(call, valueOf(call, await operations.makeResetLink(context, user)), user.username)
  })
}

function printLink(call: Call, { link, url }: MadeLink, username?: string): void {
  const counts = `until ${minute(link.expiresAt)} UTC`
  call.errors.write(`The link is shown only once. Whoever has it can use it, once, ${counts}:\n`)
  if (isSet(call, 'json')) printJson(call, { ...operations.linkJson({ link, username }), url })
  else call.output.write(`${url}\n`)
}

export async function listLinks(call: Call): Promise<void> {
  const query = { limit: readNumber(call, 'limit') }
  const { links, more } = valueOf(call, await withOperations(call, (context) => operations.listLinks(context, query)))
  if (isSet(call, 'json')) printJson(call, links.map(operations.linkJson))
  else if (links.length === 0) call.output.write('There is no link that can still be used.\n')
  else printTable(call, ['Kind', 'User', 'E-mail', 'Group', 'Until (UTC)', 'Link'], links.map(row))
  if (more) call.errors.write('There are more: add --limit.\n')
}

const row = ({ link: { kind, address = '', data, expiresAt, tokenHash }, username = '' }: ListedLink): string[] => [
  kind,
  username,
  address,
  data.group ?? '',
  minute(expiresAt),
  tokenHash,
]

export async function revokeLink(call: Call): Promise<void> {
  const hints = { 'not-found': `List them with: ${call.program} link list` }
  valueOf(call, await withOperations(call, (context) => operations.revokeLink(context, call.positionals[0]!)), hints)
  call.output.write('Nobody can use this link any more.\n')
}
