/** Imports the lines of an export into an empty database. The caller's transaction makes it all or nothing. */
import { CHUNK_SIZE, RecordsRefused, TABLES } from '../storage/transfer.ts'
import type { Column, Table, Transfer, Values } from '../storage/transfer.ts'
import type { OnProgress } from './export.ts'
import { Unreadable, isEndLine, isTableLine, parseHeader, parseLine } from './format.ts'
import type { EndLine, Header, Line, Seal, TableLine } from './format.ts'

export interface ImportOptions {
  /** The newest schema version that this program knows. */
  readonly newestSchema: number
  /** Checks where the file comes from, and throws if it doesn't belong here. Returns what its lines must be sealed with, if anything. */
  readonly accept: (header: Header) => Seal | undefined
  readonly onProgress: OnProgress
}

/**
 * Inserts all records.
 *
 * @returns the header of the file, the number of records, and whether nobody can have changed it
 * @throws {Unreadable} if the file is incomplete, was changed, or doesn't fit this version
 */
export async function importRecords(
  lines: AsyncIterable<string>,
  transfer: Transfer,
  { newestSchema, accept, onProgress }: ImportOptions,
): Promise<{ header: Header; records: number; sealed: boolean }> {
  const iterator = lines[Symbol.asyncIterator]()
  const counts: Record<string, number> = {}
  let number = 0
  let seal: Seal | undefined

  async function nextText(): Promise<string | undefined> {
    number += 1
    const next = await iterator.next()
    return next.done === true ? undefined : next.value
  }

  async function nextLine(): Promise<Line> {
    const text = await nextText()
    if (text === undefined)
      throw new Unreadable('the file was cut off, because the end of the export is missing: copy it again, or export again.')
    const line = parseLine(text)
    if (!isEndLine(line)) seal?.add(text)
    return line
  }

  /** Inserts the records that follow a table's line; returns the line after them. */
  async function fill(heading: TableLine): Promise<Line> {
    const table = checkTable(heading.table, counts)
    const columns = checkColumns(heading, await transfer.columns(table))
    let count = 0
    let line = await nextLine()
    while (Array.isArray(line)) {
      const chunk: Values[] = []
      for (; Array.isArray(line) && chunk.length < CHUNK_SIZE; line = await nextLine()) chunk.push(checkValues(line, table, columns))
      await insert(transfer, table, columns, chunk)
      count += chunk.length
      onProgress(table, count, false)
    }
    counts[table] = count
    onProgress(table, count, true)
    return line
  }

  try {
    const header = parseHeader((await nextText()) ?? '', newestSchema)
    seal = accept(header)
    let line = await nextLine()
    while (isTableLine(line)) line = await fill(line)
    if (!isEndLine(line)) throw new Unreadable('a record comes before the line that names its table: the file was changed. Export again.')
    checkCounts(line, counts)
    if (seal !== undefined && seal.value() !== line.seal)
      throw new Unreadable('the seal does not match the lines before it: the file was changed after the export. Export again.')
    if ((await nextText()) !== undefined)
      throw new Unreadable('there is more text after the end of the export: the file was changed. Export again.')
    const records = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return { header, records, sealed: seal !== undefined }
  } catch (error) {
    if (!(error instanceof Unreadable) || number < 2) throw error
    throw new Unreadable(`line ${number}: ${error.message}`)
  }
}

/** A table that isn't empty; `undefined` if all are. */
export async function findOccupied(transfer: Transfer): Promise<Table | undefined> {
  for (const table of TABLES) {
    for await (const _chunk of transfer.read(
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
    throw new Unreadable(`this version has no table ${JSON.stringify(name)}: import with the version that exported the file.`)
  if (table in counts) throw new Unreadable(`the table ${table} occurs twice: the file was changed. Export again.`)
  return table
}

/** The columns of a table in the order of the file. Columns that the file lacks must be optional. */
function checkColumns({ table, columns }: TableLine, known: readonly Column[]): Column[] {
  const missing = known.find(({ name, optional }) => !optional && !columns.includes(name))
  if (missing !== undefined)
    throw new Unreadable(`the table ${table} lacks the column ${missing.name}: export with a newer version, and import again.`)
  if (new Set(columns).size !== columns.length)
    throw new Unreadable(`the table ${table} has the same column twice: the file was changed. Export again.`)
  return columns.map((name) => {
    const column = known.find((column) => column.name === name)
    if (column === undefined)
      throw new Unreadable(
        `this version has no column ${JSON.stringify(name)} in ${table}: import with the version that exported the file.`,
      )
    return column
  })
}

function checkValues(values: readonly unknown[], table: Table, columns: readonly Column[]): Values {
  const wrong = columns.findIndex((column, index) => !fits(values[index], column))
  if (wrong >= 0)
    throw new Unreadable(`the ${columns[wrong]!.name} of this record of ${table} has the wrong type: the file was changed. Export again.`)
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
    throw new Unreadable('the numbers of records do not match: the file was changed. Export again.')
}

async function insert(transfer: Transfer, table: Table, columns: readonly Column[], chunk: readonly Values[]): Promise<void> {
  try {
    await transfer.insert(table, columns, chunk)
  } catch (error) {
    if (!(error instanceof RecordsRefused)) throw error
    throw new Unreadable(
      `a record of ${table} up to this line is a duplicate, or refers to a missing record (${error.message}): the file was changed. Export again.`,
    )
  }
}
