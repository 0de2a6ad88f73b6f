/** One transaction over a whole SQLite database, on a connection of its own. */
import type { Row } from './driver.ts'
import { checkExists, closeDatabase, openDatabase, patiently, refusal, rollback } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { migrateSqlite } from './sqlite.ts'
import { PIECE, RecordsRefused } from './transfer.ts'
import type { Column, Direction, Transfer, Values } from './transfer.ts'

/** A transaction that only reads begins with its first row: from there on it sees that instant. */
const BEGIN: Readonly<Record<Direction, string>> = { export: 'begin; select 1 from schema_version', import: 'begin immediate' }

/** @throws {StorageRefused} with a sentence on what to do, if another program keeps the database for itself */
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

/** A connection within the transaction, its database at this version. */
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
      const rows = database.prepare(`select name, type, "notnull" as mandatory, dflt_value as preset, pk from pragma_table_info('${table}')`).all()
      return (rows as ColumnRow[]).map(({ name, type, mandatory, preset, pk }): Column => {
        const nullable = mandatory === 0 && pk === 0
        return { name, type: type.toLowerCase() as Column['type'], nullable, optional: nullable || preset !== null }
      })
    },
    async *read(table, columns) {
      const next = database.prepare(`select rowid, ${columns.join(', ')} from ${table} where rowid > ? order by rowid limit ${PIECE}`)
      let last = 0
      for (;;) {
        const piece = next.all(last).map((row) => Object.values(row as Row))
        if (piece.length > 0) yield piece.map(([, ...values]): Values => values)
        if (piece.length < PIECE) return
        last = piece.at(-1)![0] as number
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
