/**
 * A PostgreSQL server for tests: the one of TEST_POSTGRES_URL, whose user may create databases; otherwise the one that `npm test`
 * starts for all tests; otherwise, and for tests that stop or change it, one of their own.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Test } from 'tap'
import { startEmbedded } from './embedded-postgres.ts'
import type { EmbeddedPostgres } from './embedded-postgres.ts'

export interface TestPostgres {
  /** Makes an empty database; its URL, with these parameters behind it. */
  createDatabase(parameters?: string): Promise<string>
  /** Takes every record out of a migrated database. */
  empty(url: string): Promise<void>
  /** Runs one statement as the owner of everything. */
  execute(sql: string, database?: string): Promise<Record<string, unknown>[]>
  /** Whether its user may do everything, as with a server that we started. */
  readonly superuser: boolean
}

/** A server that no other test uses. */
export interface OwnPostgres extends TestPostgres {
  /** Absent where TEST_POSTGRES_URL names the server: that one is left alone. */
  readonly own?: Pick<EmbeddedPostgres, 'start' | 'stop'> & {
    /** From now on it speaks TLS, to those who ask. */
    speakTls(pem: { key: string; cert: string }): Promise<void>
  }
}

/** Runs tests with databases of their own; they are skipped, visibly, where no server can be started. */
export function withPostgres(t: Test, tests: (t: Test, server: TestPostgres) => Promise<void>): Promise<void> {
  const shared = process.env['SHARED_POSTGRES_URL']
  return withServer(t, tests, async (t) => (shared === undefined ? startOwn(t) : createDatabases(shared)))
}

/** The same for tests that stop the server, kill it or change its settings. */
export function withOwnPostgres(t: Test, tests: (t: Test, server: OwnPostgres) => Promise<void>): Promise<void> {
  return withServer(t, tests, startOwn)
}

async function withServer(
  t: Test,
  tests: (t: Test, server: OwnPostgres) => Promise<void>,
  start: (t: Test) => Promise<OwnPostgres>,
): Promise<void> {
  await t.test('PostgreSQL', async (t) => {
    const given = process.env['TEST_POSTGRES_URL']
    const server = given !== undefined ? createDatabases(given, t) : await start(t).catch((error: Error) => error)
    if (server instanceof Error) t.plan(0, `PostgreSQL can't be started here: ${server.message}`)
    else await tests(t, server)
  })
}

/**
 * The databases of a server.
 *
 * @param t for a server that isn't ours: drops its databases when it ends; ours takes them along
 */
export function createDatabases(adminUrl: string, t?: Test): TestPostgres {
  /** The tables of each database that was emptied. */
  const emptied: Record<string, Record<string, unknown>[]> = {}
  async function execute(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const url = new URL(adminUrl)
    if (database !== undefined) url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.href })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  return {
    superuser: t === undefined,
    execute,
    async empty(url) {
      const name = new URL(url).pathname.slice(1)
      // Rules first: while one names a group, that doesn't go.
      const tables = (emptied[name] ??= await execute(
        `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_version'
         order by tablename <> 'access_rules'`,
        name,
      ))
      // Tables have few records here, and `truncate` would make a file for each table and index. What refers to another goes with it.
      await execute(tables.map((table) => `delete from ${String(table['name'])}`).join('; '), name)
    },
    async createDatabase(parameters = '') {
      const name = `test_${randomUUID().replaceAll('-', '')}`
      await execute(`create database ${name}`)
      t?.teardown(() => execute(`drop database ${name} with (force)`))
      const url = new URL(adminUrl)
      url.pathname = `/${name}`
      return url.href + parameters
    },
  }
}

async function startOwn(t: Test): Promise<OwnPostgres> {
  const { url, start, stop, place } = await startEmbedded(t)
  const server = createDatabases(url)
  async function speakTls({ key, cert }: { key: string; cert: string }): Promise<void> {
    place('server.key', key)
    place('server.crt', cert)
    await server.execute('alter system set ssl = on')
    await server.execute('select pg_reload_conf()')
  }
  return { ...server, own: { start, stop, speakTls } }
}
