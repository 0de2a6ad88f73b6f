/** How full the tables of a database are, of either engine. */
import { statement } from '#src/storage/driver.ts'
import type { Driver } from '#src/storage/driver.ts'
import { openDriver, transferStorage } from '#src/storage/open.ts'
import { TABLES, TABLES_THAT_STAY } from '#src/storage/transfer.ts'

/** Brings the database to this version, if it isn't; how many rows each of its tables has then. */
export function countRows(databaseUrl: string): Promise<Record<string, number>> {
  return withDriver(databaseUrl, async (driver) => {
    const counts: Record<string, number> = {}
    for (const table of [...TABLES, ...TABLES_THAT_STAY]) counts[table] = await count(driver, '*', table)
    return counts
  })
}

/** The columns that are null in every row, as `TABLE.COLUMN`; of an empty table they all are. */
export async function findUnfilled(databaseUrl: string): Promise<string[]> {
  const columns = await transferStorage(databaseUrl, 'export', async (transfer) => {
    const names: [table: string, column: string][] = []
    for (const table of TABLES) for (const { name } of await transfer.columns(table)) names.push([table, name])
    return names
  })
  return withDriver(databaseUrl, async (driver) => {
    const unfilled: string[] = []
    for (const [table, column] of columns) if ((await count(driver, column, table)) === 0) unfilled.push(`${table}.${column}`)
    return unfilled
  })
}

async function count(driver: Driver, what: string, table: string): Promise<number> {
  const [row] = await driver.read(statement(`select count(${what}) as n from ${table}`), [])
  return Number(row!['n'])
}

async function withDriver<T>(databaseUrl: string, work: (driver: Driver) => Promise<T>): Promise<T> {
  const driver = await openDriver(databaseUrl)
  try {
    return await work(driver)
  } finally {
    await driver.close()
  }
}
