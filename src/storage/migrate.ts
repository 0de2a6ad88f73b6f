/** Brings a database to this version. Forward only; a migration and its version row commit together. */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Postgrator from 'postgrator'
import { StorageRefused } from './storage.ts'

/** What a migration needs of a connection; `execScript` takes several statements. */
export interface MigrationTarget {
  readonly kind: 'sqlite3' | 'pg'
  /** PostgreSQL: where the tables lie, so that another schema's are not taken for ours. */
  readonly database?: string
  readonly currentSchema?: string
  query(sql: string): Promise<Record<string, unknown>[]>
  execScript(sql: string): Promise<void>
}

const MIGRATIONS = new URL('migrations/', import.meta.url)

/** The version of the newest migration in `folder`; 0 if there is none, or no folder. */
export function newestVersion(folder = MIGRATIONS): number {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return Math.max(0, ...names.map((name) => Number(/^(\d+)\.do\./.exec(name)?.[1] ?? 0)))
}

/**
 * Runs what is missing, within the transaction that the caller opened.
 *
 * @throws {StorageRefused} if no migration is found, a checksum differs, or the database is of a newer version
 */
export async function migrate(target: MigrationTarget, folder = MIGRATIONS): Promise<void> {
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
      `The database is of version ${current}, this program knows ${newest}: start the newer program, or another database.`,
    )
  }
  try {
    await postgrator.migrate()
  } catch (cause) {
    if (!/MD5 checksum/.test((cause as Error).message)) throw cause
    throw new StorageRefused(`${(cause as Error).message}: a migration that already ran was changed. Install the unchanged program.`, {
      cause,
    })
  }
}

/** A migration without the lines that tell the other engine how to store. */
export function linesFor(engine: 'SQLite' | 'PostgreSQL', sql: string): string {
  return sql.replace(engine === 'SQLite' ? /^.*-- PostgreSQL only$/gm : /^.*-- SQLite only$/gm, '')
}

/** A path as a glob pattern that means just this path: an installation may lie in a folder with brackets in its name. */
function literal(path: string): string {
  return path.replaceAll('\\', '/').replace(/[?*()[\]{}]/g, '[$&]')
}
