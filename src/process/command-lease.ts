/**
 * Commands belong to one process of this server: sessions live in its memory. Owns that of all nodes on a database only one runs them, and that
 * a second one doesn't even start; not the commands (plugins/gate/commands).
 */
import cluster from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { newId } from '../crypto/random.ts'
import { isCommand } from '../domain/gate/command/command.ts'
import { protectionsOf } from '../domain/gate/upstream-address.ts'
import { StorageRefused } from '../storage/storage.ts'
import type { Storage } from '../storage/storage.ts'

/** How long the lease of a node that died holds, and how often a living one renews it, in ms. */
const TTL_MS = 6000
const RENEW_MS = 2000
const NAME = 'commands'

export interface CommandLease {
  /** Whether there were commands at the start. */
  readonly hasCommands: boolean
  readonly mayRun: () => Promise<boolean>
  /** Gives it back. */
  end(): Promise<void>
}

/** @throws {StorageRefused} if there are commands, and this process can't be the one that runs them */
export async function takeCommandLease(
  { leases, resources }: Pick<Storage, 'leases' | 'resources'>,
  config: Config,
  now: () => number,
  { isWorker = cluster.isWorker, ttlMs = TTL_MS, renewMs = RENEW_MS }: { isWorker?: boolean; ttlMs?: number; renewMs?: number } = {},
): Promise<CommandLease> {
  const holder = newId()
  const take = (): Promise<boolean> => leases.take(NAME, holder, now(), now() + ttlMs)
  const hasCommands =
    protectionsOf(config).some(({ upstream }) => isCommand(upstream)) ||
    (await resources.list()).some(({ gate }) => isCommand(gate?.upstream ?? ''))
  if (hasCommands && isWorker)
    throw new StorageRefused('MCP servers behind the gate are commands, but WORKERS is over 1: leave it at 1, since one process runs them.')

  let isOurs = await take()
  // It may be that of a node that died.
  const until = performance.now() + ttlMs + renewMs
  while (!isOurs && performance.now() < until) {
    await wait(renewMs / 4)
    isOurs = await take()
  }
  if (!isOurs)
    throw new StorageRefused(
      'Another server on this database runs MCP servers that are commands, and only one can: stop it first, or give this one a database of its own.',
    )
  if (!hasCommands) {
    await leases.delete(NAME, holder)
    isOurs = false
  }

  let timer: NodeJS.Timeout | undefined
  function renew(): void {
    timer ??= setInterval(() => {
      // While the database can't answer, nobody else can take it either.
      take().then(
        (taken) => (isOurs = taken),
        () => undefined,
      )
    }, renewMs).unref()
  }
  if (isOurs) renew()

  return {
    hasCommands,
    async mayRun() {
      if (isWorker) return false
      if (isOurs) return true
      isOurs = await take()
      if (isOurs) renew()
      return isOurs
    },
    async end() {
      clearInterval(timer)
      if (timer !== undefined) await leases.delete(NAME, holder).catch(() => undefined)
    },
  }
}
