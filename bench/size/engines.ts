/** The two engines, each with its databases in a temporary folder, and what it tells about itself. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { createDatabase } from '../../src/storage/sqlite/sqlite-database.ts'
import { startEmbedded } from '../../test/support/processes/embedded-postgres.ts'
import { cpuMs } from '../servers/processes.ts'

export interface Engine {
  readonly name: string
  /** The URL of a database, which is made. */
  createDatabase(name: string): Promise<string>
  /** Bytes of each table with its indices. */
  room(databaseUrl: string): Promise<Record<string, number>>
  /** What the engine does by itself in the course of a day, done now: statistics, and writing back what came. */
  settle(databaseUrl: string): Promise<void>
  /** CPU time of the engine's own processes, in ms; 0 where it runs within ours. */
  cpuMs(): number
}

const PATIENCE_MS = 300_000

type Teardown = { teardown(fn: () => unknown): unknown }

export function sqlite(folder: string): Engine {
  return {
    name: 'SQLite',
    createDatabase: async (name) => `sqlite:${join(folder, `${name}.db`)}`,
    async room(databaseUrl) {
      const database = createDatabase(databaseUrl.slice('sqlite:'.length))
      try {
        const rows = database
          .prepare(
            'select s.tbl_name as name, sum(d.pgsize) as bytes from dbstat d join sqlite_schema s on s.name = d.name where d.aggregate = 1 group by s.tbl_name',
          )
          .all()
        return Object.fromEntries((rows as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes]))
      } finally {
        database.close()
      }
    },
    settle: async () => undefined,
    cpuMs: () => 0,
  }
}

/** A PostgreSQL that flushes to the disk as in production. */
export async function postgres(t: Teardown): Promise<Engine> {
  const { url, pid } = await startEmbedded(t, { durable: true })

  async function ask<R extends pg.QueryResultRow>(databaseUrl: string, sql: string): Promise<R[]> {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      return (await client.query<R>(sql)).rows
    } finally {
      await client.end()
    }
  }
  return {
    name: 'PostgreSQL',
    async createDatabase(name) {
      await ask(url, `create database ${name}`)
      return Object.assign(new URL(url), { pathname: `/${name}` }).href
    },
    async room(databaseUrl) {
      const rows = await ask<{ name: string; bytes: string }>(
        databaseUrl,
        "select relname as name, pg_total_relation_size(oid) as bytes from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace",
      )
      return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]))
    },
    async settle(databaseUrl) {
      await ask(databaseUrl, 'vacuum analyze')
      await ask(databaseUrl, 'checkpoint')
      for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await pause(1000)) {
        const [at] = await ask<{ work: string }>(
          databaseUrl,
          `select count(*) as work from pg_stat_activity where backend_type = 'autovacuum worker'`,
        )
        if (at!.work === '0') return
      }
      throw new Error('PostgreSQL does not come to rest')
    },
    cpuMs: () => cpuMs(pid()) ?? 0,
  }
}
