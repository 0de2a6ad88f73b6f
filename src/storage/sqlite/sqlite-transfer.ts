/** Export and import of a SQLite database: one transaction on its own connection. */
import type { Row } from '../driver.ts'
import { checkExists, closeDatabase, openDatabase, patiently, refusal, rollback } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { migrateSqlite } from './sqlite.ts'
import { CHUNK_SIZE, RecordsRefused } from '../transfer.ts'
import type { Column, Direction, Transfer, Values } from '../transfer.ts'

/** A read transaction sees the database as it is at its first read, so it begins with one. */
const BEGIN: Readonly<Record<Direction, string>> = { export: 'begin; select 1 from schema_version', import: 'begin immediate' }

/** @throws {StorageRefused} with a sentence that says what to do, if the database can't be used, or another program has locked it */
export async function transferSqlite<T>(path: string, direction: Direction, work: (transfer: Transfer) => Promise<T>): Promise<T> {
  if (direction === 'export') checkExists(path)
  const database = await begin(path, direction)
  try {
    const outcome = await work(createTransfer(database))
    database.exec('commit')
    return outcome
  } finally {
    rollback(database) // unless it was committed
    closeDatabase(database)
  }
}

/** Opens and migrates the database, and begins the transaction. */
async function begin(path: string, direction: Direction): Promise<Database> {
  const database = await openDatabase(path)
  try {
    await migrateSqlite(database)
    await patiently(() => database.exec(BEGIN[direction]))
    return database
  } catch (error) {
    database.close()
    throw refusal(path, error)
  }
}

function createTransfer(database: Database): Transfer {
  return {
    async columns(table) {
      const rows = database
        .prepare(`select name, type, "notnull" as mandatory, dflt_value as preset, pk from pragma_table_info('${table}')`)
        .all()
      return (rows as ColumnRow[]).map(({ name, type, mandatory, preset, pk }): Column => {
        const nullable = mandatory === 0 && pk === 0
        return { name, type: type.toLowerCase() as Column['type'], nullable, optional: nullable || preset !== null }
      })
    },
    async *read(table, columns) {
      const keys = database.prepare(`select name from pragma_table_info('${table}') where pk > 0 order by pk`).all() as { name: string }[]
      const key = keys.map(({ name }) => name).join(', ')
      const select = (where: string) =>
        database.prepare(
          `select ${columns.join(', ')}, ${keys.map(({ name }, index) => `${name} as key_${index}`).join(', ')} from ${table} ${where} order by ${key} limit ${CHUNK_SIZE}`,
        )
      const next = select(`where (${key}) > (${keys.map(() => '?').join(', ')})`)
      for (let chunk = select('').all(); chunk.length > 0;) {
        const rows = chunk.map((row) => Object.values(row as Row))
        yield rows.map((values): Values => values.slice(0, columns.length))
        chunk = chunk.length < CHUNK_SIZE ? [] : next.all(...rows.at(-1)!.slice(columns.length))
      }
    },
    async insert(table, columns, records) {
      const names = columns.map(({ name }) => name)
      const statement = database.prepare(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`)
      try {
        for (const values of records) statement.run(...values)
      } catch (error) {
        throw /constraint failed/.test((error as Error).message) ? new RecordsRefused(error) : error
      }
    },
  }
}

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly mandatory: number
  readonly preset: string | null
  readonly pk: number
}
