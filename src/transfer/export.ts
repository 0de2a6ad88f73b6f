/** Writes a whole database, as it is at one instant, as the lines of a file. */
import { TABLES } from '../storage/transfer.ts'
import type { Table, Transfer } from '../storage/transfer.ts'
import { renderLine } from './format.ts'
import type { Header, Line, Seal } from './format.ts'

/** Receives how many records of a table were moved so far. `done` is true for the last call for a table. */
export type OnProgress = (table: Table, records: number, done: boolean) => void

/** The text of the file, in chunks of many lines. */
export async function* exportRecords(transfer: Transfer, header: Header, seal: Seal, onProgress: OnProgress): AsyncGenerator<string> {
  const sealed = (line: Line): string => {
    const text = renderLine(line)
    seal.add(text)
    return text
  }
  yield renderLine(header)
  const records: Partial<Record<Table, number>> = {}
  for (const table of TABLES) {
    const columns = (await transfer.columns(table)).map(({ name }) => name)
    yield sealed({ table, columns })
    let count = 0
    for await (const chunk of transfer.read(table, columns)) {
      yield chunk.map(sealed).join('')
      count += chunk.length
      onProgress(table, count, false)
    }
    records[table] = count
    onProgress(table, count, true)
  }
  yield renderLine({ records, seal: seal.value() })
}
