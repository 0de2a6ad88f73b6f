/** `keys list`, `rotate` and `revoke`. */
import { FOLLOW_MS, JWKS_MAX_AGE } from '../domain/key/key-schedule.ts'
import * as operations from '../operations/keys.ts'
import { findServer } from '../process/running-server.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { valueOf, withOperations } from './configured.ts'
import { askFor, withManagement } from './managed.ts'
import { minuteOf, printJson, printTable } from './terminal/print.ts'
import { confirm } from './terminal/prompt.ts'
import { isSet } from './read-options.ts'

export async function listKeys(call: Call): Promise<void> {
  const { items: keys } = await askFor(call, 'key.list')
  if (isSet(call, 'json')) return printJson(call, keys)
  if (keys.length === 0) return void call.output.write('There are none yet: the server makes them when it starts.\n')
  const rows = keys.map(({ kid, alg, state, signs_from: from }) => [kid, alg, state, minuteOf(from)])
  printTable(call, ['Key', 'Algorithm', 'State', 'Signs from (UTC)'], rows)
}

export async function rotateKeys(call: Call): Promise<void> {
  const { items: keys } = await askFor(call, 'key.rotate', {}, { conflict: `See when it signs with: ${call.program} keys list` })
  if (isSet(call, 'json')) return printJson(call, keys)
  for (const { kid, alg } of keys) call.output.write(`${kid} is the next ${alg} key.\n`)
  call.output.write(`A running server publishes them within ${FOLLOW_MS / 1000} seconds. They sign from ${keys[0]!.signs_from} on.\n`)
}

export async function revokeKey(call: Call): Promise<void> {
  const hints = { 'not-found': `List the keys with: ${call.program} keys list` }
  const kid = call.positionals[0]!
  await withManagement(call, async (ask) => {
    const { items: keys } = valueOf(call, await ask('key.list'))
    const question = `Every token that ${kid} signed becomes invalid, and verifiers have to fetch the keys again. Type its id to confirm: `
    // Nobody is asked about a key that isn't there.
    if (keys.some((key) => key.kid === kid && key.revoked_at === undefined))
      await confirm(call, question, (answer) => answer.trim() === kid, 'id')
    valueOf(call, await ask('key.revoke', { params: { kid } }), hints)
    call.output.write(
      `${kid} is revoked. Nodes follow within ${FOLLOW_MS / 1000} seconds. Verifiers may keep it for ${JWKS_MAX_AGE / 60} minutes more: restart those that matter.\n`,
    )
  })
}

export async function resetKeys(call: Call): Promise<void> {
  await withOperations(call, async (context) => {
    const server = findServer(context.config.databaseUrl)
    if (server !== undefined)
      throw new CommandRefused(
        `The server ${server.issuer} runs on this database, so its secret isn't lost: copy it, or stop the server first.`,
      )
    const count = valueOf(call, await operations.checkKeysLost(context))
    call.errors.write(
      `All ${count} keys go, and the key of pairwise subjects. Access tokens become invalid, and clients refresh them; login pages that are open ` +
        'have to be opened again. Clients with pairwise subjects take every user for a new one, for good.\n' +
        'If the secret may still be found (a backup, another node, the settings of the platform), stop here.\n',
    )
    await confirm(call, 'Type reset to confirm: ', (answer) => answer.trim() === 'reset', 'word')
    valueOf(call, await operations.resetKeys(context))
    call.output.write(`${count} keys are deleted. Start the server: it makes new ones, under its present secret.\n`)
  })
}
