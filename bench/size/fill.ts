/** Puts a population into a database, by the way that an import goes. */
import type { OnProgress } from '../../src/transfer/export.ts'
import { transferStorage } from '../../src/storage/open.ts'
import { CHUNK_SIZE } from '../../src/storage/transfer.ts'
import type { Values } from '../../src/storage/transfer.ts'
import { tables } from './population.ts'
import type { Population } from './population.ts'

/**
 * Fills a database that nobody serves, in one transaction.
 *
 * @param only these tables, if not all
 */
export async function fill(databaseUrl: string, population: Population, onProgress: OnProgress, only?: readonly string[]): Promise<void> {
  await transferStorage(databaseUrl, 'import', async (transfer) => {
    for (const [table, records] of tables(population)) {
      if (only?.includes(table) === false) continue
      const columns = await transfer.columns(table)
      let piece: Values[] = []
      let count = 0
      const insert = async () => {
        if (piece.length > 0) await transfer.insert(table, columns, piece)
        count += piece.length
        piece = []
        onProgress(table, count, false)
      }
      for (const fields of records) {
        piece.push(columns.map(({ name }) => fields[name] ?? null))
        if (piece.length === CHUNK_SIZE) await insert()
      }
      await insert()
      onProgress(table, count, true)
    }
  })
}
