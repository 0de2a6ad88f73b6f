/** `grant list` and `grant revoke`. */
import { displayName } from '../../domain/client/client-display.ts'
import { printable } from '../../domain/protocol/printable.ts'
import * as operations from '../../operations/grants.ts'
import type { ListedGrant } from '../../operations/grants.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { minute, printJson, printTable } from '../terminal/print.ts'
import { isSet, readNumber, readText } from '../read-options.ts'

export async function listGrants(call: Call): Promise<void> {
  const query = { user: readText(call, 'user'), client: readText(call, 'client'), limit: readNumber(call, 'limit') }
  const { grants, more } = valueOf(call, await withOperations(call, (context) => operations.listGrants(context, query)))
  if (isSet(call, 'json')) printJson(call, grants.map(operations.grantJson))
  else if (grants.length === 0) call.output.write('No client acts for a user now.\n')
  else printTable(call, ['User', 'Client', 'Allowed', 'Since (UTC)', 'Last used (UTC)', 'Grant'], grants.map(row))
  if (more) call.errors.write('There are more: add --user, --client or --limit.\n')
}

function row({ grant, username, client, refreshedAt = grant.createdAt }: ListedGrant): string[] {
  return [username, displayName(client, 'en'), allowed(grant), minute(grant.createdAt), minute(refreshedAt), grant.id]
}

/** Scopes, and for which servers, each in a line. */
const allowed = ({ scopes, resources }: ListedGrant['grant']): string => [scopes.join(' '), ...resources].join('\n')

export async function revokeGrant(call: Call): Promise<void> {
  const revoked = await withOperations(call, (context) => operations.revokeGrant(context, call.positionals[0]!))
  const { username, client } = valueOf(call, revoked, { 'not-found': `List them with: ${call.program} grant list` })
  call.output.write(`The grant of ${printable(displayName(client, 'en'))} for ${username} has ended.\n`)
}
