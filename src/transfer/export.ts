/** All of a database as the lines of a file, from one instant of it. */
import { TABLES } from '../storage/transfer.ts'
import type { Table, Transfer } from '../storage/transfer.ts'
import { renderLine } from './format.ts'
import type { Header } from './format.ts'

/** Hears how many records of a table were moved so far; `over` with its last one. */
export type OnProgress = (table: Table, records: number, over: boolean) => void

/** The text of the file, in pieces of many lines. */
export async function* exportRecords(transfer: Transfer, header: Header, onProgress: OnProgress): AsyncGenerator<string> {
  yield renderLine(header)
  const records: Partial<Record<Table, number>> = {}
  for (const table of TABLES) {
    const columns = (await transfer.columns(table)).map(({ name }) => name)
    yield renderLine({ table, columns })
    let count = 0
    for await (const piece of transfer.read(table, columns)) {
      yield piece.map((values) => renderLine(values)).join('')
      count += piece.length
      onProgress(table, count, false)
    }
    records[table] = count
    onProgress(table, count, true)
  }
  yield renderLine({ records })
}
