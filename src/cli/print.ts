/** What commands print: tables for people, JSON for programs. */
import Table from 'cli-table3'
import { printableJson, printableLines } from '../domain/protocol/printable.ts'
import type { Call } from './command.ts'

/** A cell is a text, of which a line break is kept. */
type Row = readonly string[]

/** Without colours, since it may go into a file. */
const STYLE = { head: [], border: [] }

/** @param widths of columns whose text is wrapped, by their index */
export function printTable({ output }: Call, head: Row, rows: readonly Row[], widths: Readonly<Record<number, number>> = {}): void {
  const table = new Table({
    head: [...head],
    style: STYLE,
    colWidths: head.map((_, column) => widths[column] ?? null),
    wordWrap: true,
    wrapOnWordBoundary: false,
  })
  table.push(...rows.map((row) => row.map(printableLines)))
  output.write(`${table.toString()}\n`)
}

/** All that is known of one thing, a line for each member. */
export function printSheet({ output }: Call, rows: readonly Row[]): void {
  const table = new Table({ style: STYLE })
  table.push(...rows.map((row) => row.map(printableLines)))
  output.write(`${table.toString()}\n`)
}

export function printJson({ output }: Call, value: unknown): void {
  output.write(`${printableJson(value, 2)}\n`)
}

export const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
/** UTC. */
export const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')
export const second = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')
