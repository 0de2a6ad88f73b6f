/** Ways in which a PostgreSQL dies that no client can see coming. */
import type { TestPostgres } from '../support/postgres.ts'

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

/** Takes that back. */
export async function catchCommitsUp({ execute }: TestPostgres): Promise<void> {
  await execute('alter system reset synchronous_commit')
  await execute('alter system reset wal_writer_delay')
  await execute('select pg_reload_conf()')
}
