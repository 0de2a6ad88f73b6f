/** `keys rotate` and `revoke`: new signing keys, in good time or at once. A running server follows by itself. */
import type { Config } from '../config/config.ts'
import { FOLLOW_MS, JWKS_MAX_AGE, LEAD_MS } from '../domain/key/key-schedule.ts'
import { loadKeyset } from '../crypto/keyset.ts'
import type { Keyset } from '../crypto/keyset.ts'
import { resolveSecret } from '../process/secret-file.ts'
import type { Storage } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { confirm } from './confirm.ts'
import { operatorEvent } from './operator.ts'

export async function rotateKeys(call: Call): Promise<void> {
  await withStorage(call, async (storage, config) => {
    const now = Date.now()
    const made = await (await open(storage, config, now)).rotateDue(now)
    if (made.length === 0)
      throw new CommandRefused(`Each key has a successor already: ${call.program} keys list shows from when on it signs.`)
    for (const { kid, alg } of made) call.output.write(`${kid} is the next ${alg} key.\n`)
    call.output.write(`They are published now, and sign from ${new Date(now + LEAD_MS).toISOString()} on.\n`)
  })
}

export async function revokeKey(call: Call): Promise<void> {
  const kid = call.positionals[0]!
  await withStorage(call, async (storage, config) => {
    const now = Date.now()
    const keyset = await open(storage, config, now)
    if (keyset.find(kid) === undefined)
      throw new CommandRefused(`There is no key ${kid} to revoke: ${call.program} keys list shows which there are.`)
    await confirm(
      call,
      `Every token that ${kid} signed ends, and verifiers have to fetch the keys again. Type its id to confirm: `,
      (answer) => answer.trim() === kid,
    )
    await storage.keys.revoke(kid, now, operatorEvent({ name: 'key.revoked', details: { kid } }))
    // What signs from now on is made here, so that no node has to.
    await open(storage, config, now)
    call.output.write(
      `${kid} is revoked. Nodes follow within ${FOLLOW_MS / 1000} seconds; verifiers may keep it for ${JWKS_MAX_AGE / 60} minutes more, so restart those that matter.\n`,
    )
  })
}

/** A keyset that rotates whenever it is asked to. */
function open(storage: Storage, config: Config, now: number): Promise<Keyset> {
  const secret = resolveSecret(config.secret, config.databaseUrl)
  return loadKeyset(storage.keys, secret, now, { previousSecret: config.secretPrevious, rotationInterval: 0, actor: 'operator' })
}
