/** A PostgreSQL server for tests: the one of TEST_POSTGRES_URL, whose user may create databases, or one of their own. */
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
  /** Only where it is our own. */
  readonly own?: Pick<EmbeddedPostgres, 'start' | 'stop'> & {
    /** From now on it speaks TLS, to those who ask. */
    speakTls(pem: { key: string; cert: string }): Promise<void>
  }
}

/** Runs tests with a server of their own; they are skipped, visibly, where none can be started. */
export async function withPostgres(t: Test, tests: (t: Test, server: TestPostgres) => Promise<void>): Promise<void> {
  await t.test('PostgreSQL', async (t) => {
    const given = process.env['TEST_POSTGRES_URL']
    const server = given !== undefined ? createDatabases(given, t) : await startOwn(t).catch((error: Error) => error)
    if (server instanceof Error) t.plan(0, `PostgreSQL can't be started here: ${server.message}`)
    else await tests(t, server)
  })
}

/**
 * The databases of a server.
 *
 * @param t drops its databases when it ends; without it they end with their server
 */
export function createDatabases(adminUrl: string, t?: Test): TestPostgres {
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
    execute,
    async empty(url) {
      const name = new URL(url).pathname.slice(1)
      const tables = await execute(
        `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_version'`,
        name,
      )
      await execute(`truncate ${tables.map((table) => String(table['name'])).join(', ')} cascade`, name)
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

async function startOwn(t: Test): Promise<TestPostgres> {
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
