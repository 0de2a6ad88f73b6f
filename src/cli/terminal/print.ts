/** What commands print: tables for people, JSON for programs. */
import Table from 'cli-table3'
import { printableJson, printableLines } from '../../domain/protocol/printable.ts'
import type { Call, Terminal } from '../command.ts'
import { fitWidths } from './fit-widths.ts'

/** A cell is a text, of which a line break is kept. */
type Row = readonly string[]

/** Without colours, since it may go into a file. */
const STYLE = { head: [], border: [] }

/** A table as wide as it needs to be, or as the terminal is. */
export function printTable({ output }: Call, head: Row, rows: readonly Row[]): void {
  write(output, rows.map(cleanRow), head)
}

/** All that is known of one thing, a line for each member. */
export function printSheet({ output }: Call, rows: readonly Row[]): void {
  write(output, rows.map(cleanRow))
}

/** The same for what programs read as JSON: each member that has a value. */
export function printMembers(call: Call, members: Readonly<Record<string, unknown>>): void {
  const known = Object.entries(members).filter(([, value]) => value !== undefined)
  printSheet(
    call,
    known.map(([name, value]) => [name, cell(value)]),
  )
}

function cell(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => (isRecord(each) ? line(each) : String(each))).join('\n')
  return typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value)
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The members of a record in a list: `Phone, created at 2026-11-30T00:00:00.000Z, backed up`. */
const line = (record: object): string =>
  Object.entries(record)
    .filter(([, value]) => value !== false)
    .map(([name, value], index) =>
      index === 0 ? String(value) : [name.replaceAll('_', ' '), ...(value === true ? [] : [value])].join(' '),
    )
    .join(', ')

function write(output: Terminal, rows: readonly Row[], head: Row = []): void {
  const widths = fitWidths([head, ...rows], output.isTTY === true ? output.columns : undefined)
  const table = new Table({ head: [...head], style: STYLE, ...widths, wordWrap: true, wrapOnWordBoundary: false })
  table.push(...rows.map((row) => [...row]))
  output.write(`${table.toString()}\n`)
}

export function printJson({ output }: Call, value: unknown): void {
  output.write(`${printableJson(value, 2)}\n`)
}

export const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
/** UTC. */
export const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
export const second = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')

/** The same of an instant as JSON has it. */
export const dayOf = (instant: string): string => day(Date.parse(instant))
export const minuteOf = (instant: string): string => minute(Date.parse(instant))

const cleanRow = (row: Row): Row => row.map(printableLines)
