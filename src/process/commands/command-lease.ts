/**
 * Commands belong to one process of this server: sessions live in its memory. Owns that of all nodes on a database only one runs them, and that
 * a second one doesn't even start; not the commands (plugins/gate/commands).
 */
import cluster from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../../config/config.ts'
import { newId } from '../../crypto/random.ts'
import { isCommand } from '../../domain/gate/command/command.ts'
import { protectionsOf } from '../../domain/gate/upstream-address.ts'
import { StorageRefused } from '../../storage/storage.ts'
import type { Storage } from '../../storage/storage.ts'

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

interface LeaseOptions {
  readonly isWorker?: boolean
  readonly pause?: (ms: number) => Promise<unknown>
}

/** @throws {StorageRefused} if there are commands, and this process can't be the one that runs them */
export async function takeCommandLease(
  { leases, resources }: Pick<Storage, 'leases' | 'resources'>,
  config: Config,
  now: () => number,
  { isWorker = cluster.isWorker, pause = wait }: LeaseOptions = {},
): Promise<CommandLease> {
  const holder = newId()
  /** Until when nobody else can have it, in ms; in the past if somebody may. */
  let until = 0
  let timer: NodeJS.Timeout | undefined

  async function take(): Promise<boolean> {
    const at = now()
    const isTaken = await leases.take(NAME, holder, at, at + TTL_MS)
    until = isTaken ? at + TTL_MS : 0
    return isTaken
  }

  function renew(): void {
    // While the database can't answer it runs out, because another node may still be answered.
    timer ??= setInterval(() => void take().catch(() => undefined), RENEW_MS).unref()
  }

  const hasCommands =
    protectionsOf(config).some(({ upstream }) => isCommand(upstream)) ||
    (await resources.list()).some(({ gate }) => isCommand(gate?.upstream ?? ''))
  if (hasCommands && isWorker)
    throw new StorageRefused('MCP servers behind the gate are commands, but WORKERS is over 1: leave it at 1, since one process runs them.')

  // It may be that of a node that died.
  const patientUntil = now() + TTL_MS + RENEW_MS
  while (!(await take())) {
    if (now() >= patientUntil)
      throw new StorageRefused(
        'Another server on this database runs MCP servers that are commands, and only one can: stop it first, or give this one a database of its own.',
      )
    await pause(RENEW_MS / 4)
  }
  if (hasCommands) renew()
  else {
    await leases.delete(NAME, holder)
    until = 0
  }

  return {
    hasCommands,
    async mayRun() {
      if (isWorker) return false
      if (now() < until) return true
      const isTaken = await take()
      if (isTaken) renew()
      return isTaken
    },
    async end() {
      clearInterval(timer)
      until = 0
      if (timer !== undefined) await leases.delete(NAME, holder).catch(() => undefined)
    },
  }
}
