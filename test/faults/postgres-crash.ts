/** Ways in which a PostgreSQL dies that no client can see coming. */
import { setTimeout as wait } from 'node:timers/promises'
import type { TestPostgres } from '#test/support/processes/postgres.ts'

/** How long it may take to be back, in ms. */
const PATIENCE_MS = 20_000

/** Kills every process that serves somebody: PostgreSQL then gives up its memory, and recovers from what is in its log. */
export async function killBackends({ execute }: TestPostgres): Promise<void> {
  const backends = await execute(`select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`)
  for (const { pid } of backends) kill(pid as number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // PostgreSQL itself has ended it, because another one was killed.
  }
}

/** From now on commits are answered before they are written: what an operator may set, and we refuse to start with. */
export async function leaveCommitsBehind({ execute }: TestPostgres): Promise<void> {
  await execute('alter system set synchronous_commit = off')
  await execute(`alter system set wal_writer_delay = '2s'`)
  await execute('select pg_reload_conf()')
}

/** Takes that back, as soon as it listens again. */
export async function catchCommitsUp({ execute }: TestPostgres): Promise<void> {
  for (const sql of ['alter system reset synchronous_commit', 'alter system reset wal_writer_delay', 'select pg_reload_conf()'])
    await insist(() => execute(sql))
}

/** Tries until it works; after a while its error is told. */
async function insist(attempt: () => Promise<unknown>): Promise<void> {
  for (const begun = performance.now(); ; await wait(50)) {
    const error = await attempt().then(
      () => undefined,
      (refused: Error) => refused,
    )
    if (error === undefined) return
    if (performance.now() - begun > PATIENCE_MS) throw error
  }
}
