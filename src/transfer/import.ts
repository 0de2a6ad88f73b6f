/** The lines of an export, put into an empty database. The caller's transaction sees to it that all of it counts or nothing. */
import { PIECE, RecordsRefused, TABLES } from '../storage/transfer.ts'
import type { Column, Table, Transfer, Values } from '../storage/transfer.ts'
import type { OnProgress } from './export.ts'
import { Unreadable, isEndLine, isTableLine, parseHeader, parseLine } from './format.ts'
import type { EndLine, Header, Line, TableLine } from './format.ts'

export interface ImportOptions {
  /** The newest version of a database that this program knows. */
  readonly newestSchema: number
  /** Judges where the file comes from, and throws if it doesn't belong here. */
  readonly accept: (header: Header) => void
  readonly onProgress: OnProgress
}

/**
 * Inserts all records.
 *
 * @returns where they came from, and how many there were
 * @throws {Unreadable} with a sentence, if the file isn't whole, or doesn't fit this version
 */
export async function importRecords(
  lines: AsyncIterable<string>,
  transfer: Transfer,
  { newestSchema, accept, onProgress }: ImportOptions,
): Promise<{ header: Header; records: number }> {
  const iterator = lines[Symbol.asyncIterator]()
  const counts: Record<string, number> = {}
  let number = 0

  async function nextText(): Promise<string | undefined> {
    number += 1
    const next = await iterator.next()
    return next.done === true ? undefined : next.value
  }

  async function nextLine(): Promise<Line> {
    const text = await nextText()
    if (text === undefined) throw new Unreadable('the file ends before the export does, so it was cut off: copy it again, or export again.')
    return parseLine(text)
  }

  /** Fills one table with the records that follow its line; returns the line after them. */
  async function fill(heading: TableLine): Promise<Line> {
    const table = checkTable(heading.table, counts)
    const columns = checkColumns(heading, await transfer.columns(table))
    let count = 0
    let line = await nextLine()
    while (Array.isArray(line)) {
      const piece: Values[] = []
      for (; Array.isArray(line) && piece.length < PIECE; line = await nextLine()) piece.push(checkValues(line, table, columns))
      await insert(transfer, table, columns, piece)
      count += piece.length
      onProgress(table, count, false)
    }
    counts[table] = count
    onProgress(table, count, true)
    return line
  }

  try {
    const header = parseHeader((await nextText()) ?? '', newestSchema)
    accept(header)
    let line = await nextLine()
    while (isTableLine(line)) line = await fill(line)
    if (!isEndLine(line)) throw new Unreadable('a record stands before the name of its table: the file was changed. Export again.')
    checkCounts(line, counts)
    if ((await nextText()) !== undefined)
      throw new Unreadable('something follows the end of the export: the file was changed. Export again.')
    return { header, records: Object.values(counts).reduce((sum, count) => sum + count, 0) }
  } catch (error) {
    if (!(error instanceof Unreadable) || number < 2) throw error
    throw new Unreadable(`line ${number}: ${error.message}`)
  }
}

/** A table that holds something already. */
export async function findOccupied(transfer: Transfer): Promise<Table | undefined> {
  for (const table of TABLES) {
    for await (const _piece of transfer.read(
      table,
      (await transfer.columns(table)).map(({ name }) => name),
    ))
      return table
  }
  return undefined
}

function checkTable(name: string, counts: Readonly<Record<string, number>>): Table {
  const table = TABLES.find((known) => known === name)
  if (table === undefined)
    throw new Unreadable(`this version knows no table ${JSON.stringify(name)}: import with the version that has exported.`)
  if (table in counts) throw new Unreadable(`the table ${table} is there twice: the file was changed. Export again.`)
  return table
}

/** The columns that the file has, in its order; those that it lacks must be able to do without. */
function checkColumns({ table, columns }: TableLine, known: readonly Column[]): Column[] {
  const missing = known.find(({ name, optional }) => !optional && !columns.includes(name))
  if (missing !== undefined)
    throw new Unreadable(`the table ${table} lacks the column ${missing.name}: export with a newer version, and import again.`)
  if (new Set(columns).size !== columns.length)
    throw new Unreadable(`the table ${table} has a column twice: the file was changed. Export again.`)
  return columns.map((name) => {
    const column = known.find((column) => column.name === name)
    if (column === undefined)
      throw new Unreadable(`this version knows no column ${JSON.stringify(name)} of ${table}: import with the version that has exported.`)
    return column
  })
}

function checkValues(values: readonly unknown[], table: Table, columns: readonly Column[]): Values {
  const wrong = columns.findIndex((column, index) => !fits(values[index], column))
  if (wrong >= 0)
    throw new Unreadable(`the ${columns[wrong]!.name} of this record of ${table} is of the wrong type: the file was changed. Export again.`)
  if (values.length !== columns.length)
    throw new Unreadable(`this record of ${table} has more values than columns: the file was changed. Export again.`)
  return values as Values
}

function fits(value: unknown, { type, nullable }: Column): boolean {
  if (value === null) return nullable
  return type === 'text' ? typeof value === 'string' : Number.isSafeInteger(value)
}

function checkCounts({ records }: EndLine, counts: Readonly<Record<string, number>>): void {
  const tables = Object.keys({ ...records, ...counts })
  if (tables.some((table) => records[table] !== counts[table]))
    throw new Unreadable('the numbers of records are not those of the export: the file was changed. Export again.')
}

async function insert(transfer: Transfer, table: Table, columns: readonly Column[], piece: readonly Values[]): Promise<void> {
  try {
    await transfer.insert(table, columns, piece)
  } catch (error) {
    if (!(error instanceof RecordsRefused)) throw error
    throw new Unreadable(
      `one of the records of ${table} up to here is there twice, or belongs to one that isn't there (${error.message}): the file was changed. Export again.`,
    )
  }
}
