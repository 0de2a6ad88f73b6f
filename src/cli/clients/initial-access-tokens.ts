/** `initial-access-token create`, `list` and `delete`. */
import type { InitialAccessToken } from '../../domain/client/initial-access-token.ts'
import { initialAccessTokenJson } from '../../operations/clients/initial-access-token-json.ts'
import * as operations from '../../operations/clients/initial-access-tokens.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { minute, printJson, printTable } from '../terminal/print.ts'
import { isSet, readDuration, readList, readNumber } from '../read-options.ts'

export async function createInitialAccessToken(call: Call): Promise<void> {
  const asked = {
    name: call.positionals[0]!,
    expires: readDuration(call, 'expires'),
    uses: readNumber(call, 'uses'),
    redirectHosts: readList(call, 'redirectHosts'),
    redirectKinds: readList(call, 'redirectKinds'),
    scopes: readList(call, 'scopes'),
    authMethods: readList(call, 'authMethods'),
    grantTypes: readList(call, 'grantTypes'),
  }
  const created = await withOperations(call, (context) => operations.createInitialAccessToken(context, asked))
  const { record, token } = valueOf(call, created, { conflict: 'Choose another name, or delete that token first.' })
  call.errors.write('The token is shown only once. Clients send it to /register as "Authorization: Bearer ...":\n')
  if (isSet(call, 'json')) printJson(call, { ...initialAccessTokenJson(record), token })
  else call.output.write(`${token}\n`)
}

export async function listInitialAccessTokens(call: Call): Promise<void> {
  const tokens = valueOf(call, await withOperations(call, operations.listInitialAccessTokens))
  if (isSet(call, 'json')) return printJson(call, tokens.map(initialAccessTokenJson))
  if (tokens.length === 0)
    return void call.output.write(`There are none yet. Create one with: ${call.program} initial-access-token create <name>\n`)
  printTable(call, ['Name', 'Uses left', 'Expires', 'Bounds'], tokens.map(row))
}

function row(token: InitialAccessToken): string[] {
  const { policy } = initialAccessTokenJson(token)
  const bounds = Object.entries(policy).flatMap(([member, values]) =>
    values === undefined ? [] : [`${member.replace('_', ' ')}: ${values.join(', ')}`],
  )
  const { name, usesLeft, expiresAt } = token
  return [name, String(usesLeft ?? 'any'), expiresAt === undefined ? 'never' : minute(expiresAt), bounds.join('\n') || 'none']
}

export async function deleteInitialAccessToken(call: Call): Promise<void> {
  const [name = ''] = call.positionals
  const hints = { 'not-found': `List them with: ${call.program} initial-access-token list` }
  valueOf(call, await withOperations(call, (context) => operations.deleteInitialAccessToken(context, name)), hints)
  call.output.write(`No client can register with ${name} any more. Clients that did stay.\n`)
}
