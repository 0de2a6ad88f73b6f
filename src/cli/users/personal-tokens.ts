/** `personal-token create`, `list` and `revoke`. */
import { printable } from '../../domain/protocol/printable.ts'
import { findResource } from '../../operations/resources/resources.ts'
import * as operations from '../../operations/users/personal-tokens.ts'
import { findUser } from '../../operations/users/users.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { askFor } from '../managed.ts'
import type { Item } from '../managed.ts'
import { minuteOf, printJson, printTable } from '../terminal/print.ts'
import { isSet, readDuration, readList, readText } from '../read-options.ts'

export async function createPersonalToken(call: Call): Promise<void> {
  const [username = '', name = ''] = call.positionals
  const identifier = readText(call, 'resource')
  if (identifier === undefined) throw new CommandRefused('Say what it is for, with --resource.')
  const asked = { name, scopes: readList(call, 'scopes') ?? [], expires: readDuration(call, 'expires') }
  const made = await withOperations(call, async (context) => {
    const user = valueOf(call, await findUser(context, username), { 'not-found': `List them with: ${call.program} user list` })
    const resource = valueOf(call, await findResource(context, identifier), {
      'not-found': `List them with: ${call.program} resource list`,
    })
    return valueOf(call, await operations.createPersonalToken(context, user, resource, asked))
  })
  call.errors.write('The token is shown only once. Scripts send it to the MCP server as "Authorization: Bearer ...":\n')
  if (isSet(call, 'json')) printJson(call, { ...operations.personalTokenJson(made.listed), token: made.text })
  else call.output.write(`${made.text}\n`)
}

export async function listPersonalTokens(call: Call): Promise<void> {
  const query = { user: readText(call, 'user'), limit: readText(call, 'limit') }
  const { items: tokens, more } = await askFor(call, 'personal-token.list', { query })
  if (isSet(call, 'json')) printJson(call, tokens)
  else if (tokens.length === 0) call.output.write('There are none.\n')
  else printTable(call, ['User', 'Name', 'For', 'Expires (UTC)', 'Last used (UTC)', 'Token'], tokens.map(row))
  if (more) call.errors.write('There are more: add --user or --limit.\n')
}

const row = (token: Item<'personal-token.list'>): string[] => [
  token.user,
  token.name,
  [token.resource ?? 'a resource that is gone', token.scopes.join(' ')].join('\n'),
  minuteOf(token.expires_at),
  token.last_used_at === null ? 'never' : minuteOf(token.last_used_at),
  token.id,
]

export async function revokePersonalToken(call: Call): Promise<void> {
  const hints = { 'not-found': `List them with: ${call.program} personal-token list` }
  const { name, user } = await askFor(call, 'personal-token.revoke', { params: { id: call.positionals[0]! } }, hints)
  call.output.write(`The token ${printable(name)} of ${user} is refused from now on.\n`)
}
