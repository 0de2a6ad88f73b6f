/** Export and import of a PostgreSQL database: one transaction on its own connection. */
import pg from 'pg'
import { connection, ignore, prepareDatabase } from './postgres-database.ts'
import { explainFailure, explainRefusal, isConstraint, isLocked } from './postgres-errors.ts'
import { parsePostgresUrl } from './postgres-url.ts'
import type { PostgresTarget } from './postgres-url.ts'
import { encode, types } from './postgres.ts'
import { StorageRefused } from '../storage.ts'
import { CHUNK_SIZE, RecordsRefused, TABLES } from '../transfer.ts'
import type { Column, Direction, Transfer, Values } from '../transfer.ts'

/** No time limits, because the other end of the file may be slow. */
const WITHOUT_LIMIT = 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0'
/** Locks out servers that start now: they wait at their first query. One that has already made its administrator is detected. */
const ALONE = `set local lock_timeout = '2s'; lock table ${TABLES.join(', ')} in access exclusive mode`

const BEGIN: Readonly<Record<Direction, string>> = {
  export: `begin isolation level repeatable read read only; ${WITHOUT_LIMIT}`,
  import: `begin isolation level read committed; ${WITHOUT_LIMIT}; ${ALONE}`,
}

/** @throws {StorageRefused} with a sentence that says what to do, if the database can't be used, or for an import is in use */
export async function transferPostgres<T>(url: string, direction: Direction, work: (transfer: Transfer) => Promise<T>): Promise<T> {
  const client = await begin(parsePostgresUrl(url), direction)
  try {
    const outcome = await work(createTransfer(client))
    await send(client, { text: 'commit' })
    return outcome
  } finally {
    await client.end().catch(ignore) // rolls back, unless it was committed
  }
}

/** Opens a connection, and begins the transaction. */
async function begin(given: PostgresTarget, direction: Direction): Promise<pg.Client> {
  let client: pg.Client | undefined
  try {
    const target = await prepareDatabase(given, undefined)
    client = new pg.Client({ ...connection(target), types })
    client.on('error', ignore)
    await client.connect()
    await client.query(BEGIN[direction])
    return client
  } catch (error) {
    await client?.end().catch(ignore)
    if (isLocked(error))
      throw new StorageRefused('Another program is using the database: stop every server on it, then import again.', { cause: error })
    throw explainRefusal(error, given)
  }
}

function createTransfer(client: pg.Client): Transfer {
  return {
    async columns(table) {
      const { rows } = await send<ColumnRow>(client, {
        text: `
          select column_name as name, data_type as type, is_nullable = 'YES' as nullable, column_default is not null as preset
          from information_schema.columns where table_schema = current_schema() and table_name = $1 order by ordinal_position`,
        values: [table],
      })
      return rows.map(({ name, type, nullable, preset }): Column => ({ name, type, nullable, optional: nullable || preset }))
    },
    async *read(table, columns) {
      await send(client, { text: `declare records no scroll cursor for select ${columns.join(', ')} from ${table}` })
      for (;;) {
        const { rows } = await send<Values>(client, { text: `fetch ${CHUNK_SIZE} from records`, rowMode: 'array' })
        if (rows.length > 0) yield rows
        if (rows.length < CHUNK_SIZE) break
      }
      await send(client, { text: 'close records' })
    },
    async insert(table, columns, records) {
      const names = columns.map(({ name }) => name).join(', ')
      const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')
      // An array for each column inserts a whole chunk with one statement.
      const values = columns.map((_, index) => records.map((record) => encode(record[index]!)))
      try {
        await send(client, { text: `insert into ${table} (${names}) select * from unnest(${arrays})`, values })
      } catch (error) {
        throw isConstraint(error) ? new RecordsRefused(error) : error
      }
    },
  }
}

interface ColumnRow {
  readonly name: string
  readonly type: Column['type']
  readonly nullable: boolean
  readonly preset: boolean
}

async function send<R extends object>(client: pg.Client, config: pg.QueryConfig | pg.QueryArrayConfig): Promise<{ rows: R[] }> {
  try {
    return await client.query(config)
  } catch (error) {
    throw explainFailure(error)
  }
}
