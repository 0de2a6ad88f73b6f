/** Signing keys: which there are, the next ones, and the end of one. Running servers follow by themselves. */
import { loadKeyset } from '../crypto/keyset.ts'
import type { Keyset } from '../crypto/keyset.ts'
import { createVault } from '../crypto/vault.ts'
import { LEAD_MS, planKeys } from '../domain/key/key-schedule.ts'
import type { KeyState } from '../domain/key/key-schedule.ts'
import type { StoredKey } from '../domain/key/stored-key.ts'
import { ok } from '../domain/protocol/result.ts'
import { operatorEvent } from './context.ts'
import type { OperationContext } from './context.ts'
import { changedMeanwhile, conflict, notFound } from './outcome.ts'
import type { Outcome } from './outcome.ts'

export interface ListedKey {
  readonly key: StoredKey
  readonly state: KeyState
}

export interface NextKeys {
  readonly keys: readonly StoredKey[]
  /** When they sign for the first time, in ms. */
  readonly signFrom: number
}

export async function listKeys(context: OperationContext): Promise<Outcome<ListedKey[]>> {
  return ok(await readKeys(context))
}

export async function readKeys({ storage, now }: OperationContext): Promise<ListedKey[]> {
  const { states } = planKeys(await storage.keys.list(), [], now(), 'off')
  return [...states].map(([key, state]) => ({ key, state }))
}

/**
 * Makes the next key of each algorithm that has none. They are published at once.
 *
 * @throws {StorageRefused} if the context's secret is not the one that encrypted the keys
 */
export async function rotateKeys(context: OperationContext): Promise<Outcome<NextKeys>> {
  const now = context.now()
  const keys = await (await openKeyset(context, now)).rotateDue(now)
  return keys.length === 0 ? conflict('Each key already has a successor.') : ok({ keys, signFrom: now + LEAD_MS })
}

/**
 * The id of a key that can be revoked.
 *
 * @throws {StorageRefused} as `rotateKeys`
 */
export async function findRevocableKey(context: OperationContext, kid: string): Promise<Outcome<string>> {
  const keyset = await openKeyset(context, context.now())
  return keyset.find(kid) === undefined ? notFound(`There is no key ${kid} to revoke.`) : ok(kid)
}

/**
 * Ends a key at once, with everything that it signed, and makes the one that signs from now on.
 *
 * @throws {StorageRefused} as `rotateKeys`
 */
export async function revokeKey(context: OperationContext, kid: string): Promise<Outcome<void>> {
  const found = await findRevocableKey(context, kid)
  if (!found.ok) return found
  const now = context.now()
  await context.storage.keys.revoke(kid, now, operatorEvent(context, { name: 'key.revoked', details: { kid } }))
  await openKeyset(context, now)
  return ok(undefined)
}

/** Whether the keys can be reset: only those that the present secret can't open, and not under a running server. Returns how many. */
export async function checkKeysLost({ storage, secret, config, now, newId }: OperationContext): Promise<Outcome<number>> {
  const keys = await storage.keys.list()
  const sealed = keys.flatMap(({ encryptedPrivateJwk }) => encryptedPrivateJwk ?? [])
  if (sealed.length === 0) return conflict('There are no keys to reset: the server makes them when it starts.')
  const vault = createVault(secret(), config.secretPrevious)
  if (sealed.every((each) => vault.opens(each))) return conflict('SECRET opens the keys: nothing is lost, and nothing was changed.')
  // The process that sweeps holds this lease. It is given back at once.
  const [holder, at] = [newId(), now()]
  if (!(await storage.leases.take('sweep', holder, at, at)))
    return conflict(
      'A server runs on this database, or ran until two minutes ago: it has the secret. Copy its SECRET, or stop it and wait.',
    )
  await storage.leases.delete('sweep', holder)
  return ok(keys.length)
}

/**
 * Deletes what a lost secret encrypted: all signing keys, and the key of pairwise subjects. The next start makes new ones. Returns how
 * many keys there were.
 */
export async function resetKeys(context: OperationContext): Promise<Outcome<number>> {
  const lost = await checkKeysLost(context)
  if (!lost.ok) return lost
  const event = operatorEvent(context, { name: 'keys.reset', details: { keys: lost.value } })
  return (await context.storage.keys.clear(event)) ? lost : changedMeanwhile('the keys')
}

/** A key as programs read it. */
export function keyJson({ key: { kid, alg, createdAt, activeAt, revokedAt }, state }: ListedKey) {
  return {
    kid,
    alg,
    state,
    created_at: new Date(createdAt).toISOString(),
    signs_from: new Date(activeAt).toISOString(),
    revoked_at: revokedAt === undefined ? undefined : new Date(revokedAt).toISOString(),
  }
}

/** A keyset that rotates whenever it is asked to, and makes what is missing as it loads. */
function openKeyset({ storage, secret, config, actor }: OperationContext, now: number): Promise<Keyset> {
  return loadKeyset(storage.keys, secret(), now, { previousSecret: config.secretPrevious, rotationInterval: 0, actor: actor.name })
}
