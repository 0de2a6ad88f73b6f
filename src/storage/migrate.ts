/** Migrates a database to the newest version. Forward only; each migration commits together with its version row. */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Postgrator from 'postgrator'
import { StorageRefused } from './storage.ts'

/** What a migration needs of a connection; `execScript` takes several statements. */
export interface MigrationTarget {
  readonly kind: 'sqlite3' | 'pg'
  /** PostgreSQL only: where our tables are, so that tables of another schema aren't mistaken for ours. */
  readonly database?: string
  readonly currentSchema?: string
  query(sql: string): Promise<Record<string, unknown>[]>
  execScript(sql: string): Promise<void>
}

const MIGRATIONS = new URL('migrations/', import.meta.url)

/** The version of the newest migration in `folder`; 0 if the folder is missing or has none. */
export function newestVersion(folder = MIGRATIONS): number {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return Math.max(0, ...names.map((name) => Number(/^(\d+)\.do\./.exec(name)?.[1] ?? 0)))
}

/**
 * Runs the missing migrations, in the transaction that the caller opened.
 *
 * @param to the last one to run, if not all
 * @throws {StorageRefused} if no migration is found, a checksum differs, or the database has a newer version
 */
export async function migrate(target: MigrationTarget, folder = MIGRATIONS, to?: number): Promise<void> {
  const newest = newestVersion(folder)
  if (newest === 0) throw new StorageRefused('No migrations were found: the installation is incomplete. Install it again.')
  const postgrator = new Postgrator({
    driver: target.kind,
    ...(target.database !== undefined && { database: target.database }),
    ...(target.currentSchema !== undefined && { currentSchema: target.currentSchema }),
    migrationPattern: `${literal(fileURLToPath(folder))}*.sql`,
    schemaTable: 'schema_version',
    newline: 'LF',
    execQuery: async (sql: string) => ({ rows: await target.query(sql) }),
    execSqlScript: (sql: string) => target.execScript(sql),
  })
  const current = await postgrator.getDatabaseVersion()
  if (current > newest) {
    throw new StorageRefused(
      `The database has version ${current}, but this program only knows ${newest}: start a newer version of the program, or use another database.`,
    )
  }
  try {
    await postgrator.migrate(to === undefined ? undefined : String(to))
  } catch (cause) {
    if (!/MD5 checksum/.test((cause as Error).message)) throw cause
    throw new StorageRefused(`${(cause as Error).message}: a migration that already ran was changed. Install the original program again.`, {
      cause,
    })
  }
}

/** A migration without the lines for the other engine. */
export function linesFor(engine: 'SQLite' | 'PostgreSQL', sql: string): string {
  return sql.replace(engine === 'SQLite' ? /^.*-- PostgreSQL only$/gm : /^.*-- SQLite only$/gm, '')
}

/** Escapes a path for use in a glob pattern, because the folder of an installation may have brackets in its name. */
function literal(path: string): string {
  return path.replaceAll('\\', '/').replace(/[?*()[\]{}]/g, '[$&]')
}
