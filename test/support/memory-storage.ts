/**
 * A database in memory as `openStorage('sqlite::memory:')` makes it, but in a fraction of its time: the migrations run once per
 * process, and each further database gets their outcome in one script. Tests of the migrations themselves open databases as the server does.
 */
import { openStorage, createStorage } from '#src/storage/open.ts'
import { createSqliteDriver, migrateSqlite } from '#src/storage/sqlite/sqlite.ts'
import { openDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import type { Database } from '#src/storage/sqlite/sqlite-database.ts'
import type { Driver } from '#src/storage/driver.ts'
import type { Storage } from '#src/storage/storage.ts'

const MEMORY = 'sqlite::memory:'
let script: Promise<string> | undefined

/**
 * @param databaseUrl any; only a database in memory is prepared
 * @param wrap what a test puts before a database in memory
 */
export async function openPrepared(databaseUrl = MEMORY, wrap = (driver: Driver) => driver): Promise<Storage> {
  return databaseUrl === MEMORY ? createStorage(wrap(await openPreparedDriver())) : openStorage(databaseUrl)
}

export async function openPreparedDriver(): Promise<Driver> {
  script ??= migrateOnce()
  const statements = await script
  const database = await openDatabase(':memory:')
  database.exec(statements)
  return createSqliteDriver(database)
}

async function migrateOnce(): Promise<string> {
  const database = await openDatabase(':memory:')
  try {
    await migrateSqlite(database)
    return ['begin', ...dump(database), 'commit'].join(';\n')
  } finally {
    database.close()
  }
}

/** What makes an equal database: tables, their rows, then indices. */
export function dump(database: Database): string[] {
  const objects = database
    .prepare(`select type, name, sql from sqlite_schema where sql is not null and name not like 'sqlite\\_%' escape '\\' order by rowid`)
    .all() as { type: string; name: string; sql: string }[]
  const tables = objects.filter(({ type }) => type === 'table')
  return [
    ...tables.map(({ sql }) => sql),
    ...tables.flatMap(({ name }) => rowsOf(database, name)),
    ...objects.filter(({ type }) => type !== 'table').map(({ sql }) => sql),
  ]
}

function rowsOf(database: Database, table: string): string[] {
  const rows = database.prepare(`select * from "${table}"`).all() as Record<string, string | number | bigint | null>[]
  return rows.map((row) => `insert into "${table}" values (${Object.values(row).map(literal).join(', ')})`)
}

function literal(value: string | number | bigint | null): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}
