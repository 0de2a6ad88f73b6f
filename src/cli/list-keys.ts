/** `keys list`: which keys sign, and what becomes of the others. */
import Table from 'cli-table3'
import { planKeys } from '../domain/key/key-schedule.ts'
import type { KeyState } from '../domain/key/key-schedule.ts'
import type { StoredKey } from '../domain/key/stored-key.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'

export async function listKeys(call: Call): Promise<void> {
  const keys = await withStorage(call, (storage) => storage.keys.list())
  const states = [...planKeys(keys, [], Date.now(), 'off').states]
  if (call.options['json'] === true) call.output.write(`${JSON.stringify(states.map(renderKey), undefined, 2)}\n`)
  else if (states.length === 0) call.output.write('There is none yet: the server makes them when it starts.\n')
  else call.output.write(`${renderTable(states)}\n`)
}

function renderKey([{ kid, alg, createdAt, activeAt, revokedAt }, state]: [StoredKey, KeyState]) {
  return {
    kid,
    alg,
    state,
    created_at: new Date(createdAt).toISOString(),
    signs_from: new Date(activeAt).toISOString(),
    revoked_at: revokedAt === undefined ? undefined : new Date(revokedAt).toISOString(),
  }
}

function renderTable(states: [StoredKey, KeyState][]): string {
  const table = new Table({ head: ['Key', 'Algorithm', 'State', 'Signs from (UTC)'], style: { head: [], border: [] } })
  for (const { kid, alg, state, signs_from: signsFrom } of states.map(renderKey))
    table.push([kid, alg, state, signsFrom.slice(0, 16).replace('T', ' ')])
  return table.toString()
}
