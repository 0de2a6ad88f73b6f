/** `initial-access-token create`, `list` and `delete`. */
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import type { Item } from '../managed.ts'
import { minuteOf, printJson, printTable } from '../terminal/print.ts'
import { isSet, readDuration, readList, readNumber } from '../read-options.ts'

export async function createInitialAccessToken(call: Call): Promise<void> {
  const body = {
    name: call.positionals[0]!,
    expires: readDuration(call, 'expires'),
    uses: readNumber(call, 'uses'),
    redirect_hosts: readList(call, 'redirectHosts'),
    redirect_kinds: readList(call, 'redirectKinds'),
    scopes: readList(call, 'scopes'),
    auth_methods: readList(call, 'authMethods'),
    grant_types: readList(call, 'grantTypes'),
  }
  const hints = { conflict: 'Choose another name, or delete that token first.' }
  const made = await askFor(call, 'initial-access-token.create', { body }, hints)
  call.errors.write('The token is shown only once. Clients send it to /register as "Authorization: Bearer ...":\n')
  if (isSet(call, 'json')) printJson(call, made)
  else call.output.write(`${made.token}\n`)
}

export async function listInitialAccessTokens(call: Call): Promise<void> {
  const { items: tokens } = await askFor(call, 'initial-access-token.list')
  if (isSet(call, 'json')) return printJson(call, tokens)
  if (tokens.length === 0)
    return void call.output.write(`There are none yet. Create one with: ${call.program} initial-access-token create <name>\n`)
  printTable(call, ['Name', 'Uses left', 'Expires', 'Bounds'], tokens.map(row))
}

function row({ name, uses_left: usesLeft, expires_at: expiresAt, policy }: Item<'initial-access-token.list'>): string[] {
  const bounds = Object.entries(policy).flatMap(([member, values]) =>
    values === undefined ? [] : [`${member.replace('_', ' ')}: ${values.join(', ')}`],
  )
  return [name, String(usesLeft ?? 'any'), expiresAt === undefined ? 'never' : minuteOf(expiresAt), bounds.join('\n') || 'none']
}

export async function deleteInitialAccessToken(call: Call): Promise<void> {
  const [name = ''] = call.positionals
  const hints = { 'not-found': `List them with: ${call.program} initial-access-token list` }
  await askFor(call, 'initial-access-token.delete', { params: { name } }, hints)
  call.output.write(`No client can register with ${name} any more. Clients that did stay.\n`)
}
