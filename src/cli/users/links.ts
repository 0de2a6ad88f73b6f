/** `user invite`, `user reset-password`, `link list` and `link revoke`. */
import * as operations from '../../operations/users/links.ts'
import type { ListedLink, MadeLink } from '../../operations/users/links.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readNumber, readText } from '../read-options.ts'
import { minute, printJson, printTable } from '../terminal/print.ts'
import { warnOfSharers, withUser } from './users.ts'

export async function inviteUser(call: Call): Promise<void> {
  const [email, group, language] = [readText(call, 'email'), readText(call, 'group'), readText(call, 'language')]
  await withOperations(call, async (context) => {
    const hints = { 'not-found': `List them with: ${call.program} group list` }
    printLink(call, valueOf(call, await operations.inviteUser(context, { email, group, language, print: isSet(call, 'print') }), hints))
    await warnOfSharers(call, context, { username: '', email })
  })
}

export async function makeResetLink(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    printLink(call, valueOf(call, await operations.makeResetLink(context, user, { print: isSet(call, 'print') })), user.username)
  })
}

/** Where the link went, or the link itself. */
export function printLink(call: Call, { link, url, mail }: MadeLink, username?: string): void {
  const counts = `until ${minute(link.expiresAt)} UTC`
  if (mail !== undefined && mail.problem === undefined) {
    if (isSet(call, 'json')) printJson(call, { ...operations.linkJson({ link, username }), mailed_to: mail.to })
    else call.output.write(`A mail with the link is on its way to ${mail.to}. It can be used once, ${counts}.\n`)
    return
  }
  if (mail !== undefined) call.errors.write(`No mail went to ${mail.to}: ${mail.problem}.\n`)
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
