/**
 * The file that export writes and import reads: JSON lines, read from top to bottom. The header; then for each table a line
 * that names its columns, and a line for each record, an array of values; then the numbers of records. A file without its
 * last line was cut off.
 */
import { deriveKey, decrypt, encrypt } from '../crypto/secret.ts'

export const FORMAT = 'solar-system-oauth-server export'
export const FORMAT_VERSION = 1

export interface Header {
  readonly format: typeof FORMAT
  readonly version: typeof FORMAT_VERSION
  /** The version of the database that was exported. */
  readonly schema: number
  readonly engine: string
  readonly issuer: string
  readonly exported_at: string
  /** By which the same secret is recognised; tells no more about it than the encrypted signing keys that follow. */
  readonly secret_check: string
}

/** A line that begins with `{`, after the header. */
export interface TableLine {
  readonly table: string
  readonly columns: readonly string[]
}
export interface EndLine {
  readonly records: Readonly<Record<string, number>>
}
export type Line = TableLine | EndLine | readonly unknown[]

/** The file can't be imported; `message` says why, in a sentence. */
export class Unreadable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Unreadable'
  }
}

export const renderLine = (line: Header | Line): string => `${JSON.stringify(line)}\n`

/**
 * @param newestSchema the newest version of a database that this program knows
 * @throws {Unreadable} if it is no header, or of a version that can't be read here
 */
export function parseHeader(text: string, newestSchema: number): Header {
  const header = parseJson(text) as Header | undefined
  if (typeof header !== 'object' || header?.format !== FORMAT)
    throw new Unreadable('it is no export of this program: name a file that export has written.')
  if (header.version !== FORMAT_VERSION || !Number.isSafeInteger(header.schema) || header.schema > newestSchema) {
    throw new Unreadable('it comes from a newer version of this program: install that version here, then import again.')
  }
  return header
}

/** @throws {Unreadable} if it isn't one of the lines that follow a header */
export function parseLine(text: string): Line {
  const line = parseJson(text)
  if (Array.isArray(line) || isTableLine(line) || isEndLine(line)) return line
  throw new Unreadable('this is no line of an export: the file was changed or damaged.')
}

export const isTableLine = (line: unknown): line is TableLine => {
  const { table, columns } = (line ?? {}) as Partial<TableLine>
  return typeof table === 'string' && Array.isArray(columns) && columns.every((name) => typeof name === 'string')
}
export const isEndLine = (line: unknown): line is EndLine =>
  typeof ((line ?? {}) as EndLine).records === 'object' && (line as EndLine).records !== null

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const PURPOSE = 'export check'

export const makeSecretCheck = (secret: string): string => encrypt(PURPOSE, deriveKey(secret, PURPOSE))

export function isSameSecret(check: string, secret: string): boolean {
  try {
    return decrypt(check, deriveKey(secret, PURPOSE)) === PURPOSE
  } catch {
    return false
  }
}
