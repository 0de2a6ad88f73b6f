/** `grant list` and `grant revoke`. */
import { printable } from '../../domain/protocol/printable.ts'
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import type { Item } from '../managed.ts'
import { minuteOf, printJson, printTable } from '../terminal/print.ts'
import { isSet, readText } from '../read-options.ts'

export async function listGrants(call: Call): Promise<void> {
  const query = { user: readText(call, 'user'), client: readText(call, 'client'), limit: readText(call, 'limit') }
  const { items: grants, more } = await askFor(call, 'grant.list', { query })
  if (isSet(call, 'json')) printJson(call, grants)
  else if (grants.length === 0) call.output.write('No client acts for a user now.\n')
  else printTable(call, ['User', 'Client', 'Allowed', 'Since (UTC)', 'Last used (UTC)', 'Grant'], grants.map(row))
  if (more) call.errors.write('There are more: add --user, --client or --limit.\n')
}

function row(grant: Item<'grant.list'>): string[] {
  const { user, client_name: client, created_at: since, last_used_at: used, id } = grant
  return [user, client, allowed(grant), minuteOf(since), minuteOf(used), id]
}

/** Scopes, and for which servers, each in a line. */
const allowed = ({ scopes, resources }: Item<'grant.list'>): string => [scopes.join(' '), ...resources].join('\n')

export async function revokeGrant(call: Call): Promise<void> {
  const hints = { 'not-found': `List them with: ${call.program} grant list` }
  const { user, client_name: client } = await askFor(call, 'grant.revoke', { params: { id: call.positionals[0]! } }, hints)
  call.output.write(`The grant of ${printable(client)} for ${user} has ended.\n`)
}
