/** `registration-token list` and `delete`: what was handed out. The tokens themselves aren't kept, only their hashes. */
import Table from 'cli-table3'
import type { InitialAccessToken } from '../domain/client/initial-access-token.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { operatorEvent } from './operator.ts'
import { renderPolicy } from './render-policy.ts'

export async function listRegistrationTokens(call: Call): Promise<void> {
  const tokens = await withStorage(call, ({ initialAccessTokens }) => initialAccessTokens.list())
  if (call.options['json'] === true) call.output.write(`${JSON.stringify(tokens.map(renderToken), undefined, 2)}\n`)
  else if (tokens.length === 0) call.output.write(`There is none yet: ${call.program} registration-token create NAME makes one.\n`)
  else call.output.write(`${renderTable(tokens)}\n`)
}

export async function deleteRegistrationToken(call: Call): Promise<void> {
  const name = call.positionals[0]!
  const event = operatorEvent({ name: 'registration_token.deleted', details: { token: name } })
  const deleted = await withStorage(call, ({ initialAccessTokens }) => initialAccessTokens.delete(name, event))
  if (!deleted) throw new CommandRefused(`There is no token ${name}: ${call.program} registration-token list shows which there are.`)
  call.output.write(`The token ${name} registers nobody any more. Clients that it registered stay.\n`)
}

function renderToken({ name, usesLeft, createdAt, expiresAt, policy }: InitialAccessToken) {
  return {
    name,
    uses_left: usesLeft,
    created_at: new Date(createdAt).toISOString(),
    expires_at: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
    policy: renderPolicy(policy),
  }
}

function renderTable(tokens: readonly InitialAccessToken[]): string {
  const table = new Table({ head: ['Name', 'Uses left', 'Expires', 'Bounds'], style: { head: [], border: [] } })
  for (const token of tokens) {
    const { name, uses_left: usesLeft, expires_at: expiresAt, policy } = renderToken(token)
    const bounds = Object.entries(policy).flatMap(([member, values]) =>
      values === undefined ? [] : [`${member.replace('_', ' ')}: ${values.join(', ')}`],
    )
    table.push([name, usesLeft ?? 'any', expiresAt?.slice(0, 16).replace('T', ' ') ?? 'never', bounds.join('\n') || 'none'])
  }
  return table.toString()
}
