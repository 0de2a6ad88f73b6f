/**
 * The format of export files: JSON lines. First the header; then for each table a line that names its columns, and an array of
 * values for each record; at last the numbers of records, which are missing if the file was cut off, and a seal.
 */
import { createHmac } from 'node:crypto'
import { deriveKey, decrypt, encrypt } from '../crypto/secret.ts'

export const FORMAT = 'solar-system-oauth-server export'
export const FORMAT_VERSION = 1

export interface Header {
  readonly format: typeof FORMAT
  readonly version: typeof FORMAT_VERSION
  /** The schema version of the exported database. */
  readonly schema: number
  readonly engine: string
  readonly issuer: string
  readonly exported_at: string
  /** Tells whether the secret is the same (`readSecretCheck`). Reveals no more than the encrypted signing keys in the file. */
  readonly secret_check: string
}

/** Begins the records of a table. */
export interface TableLine {
  readonly table: string
  readonly columns: readonly string[]
}
/** The last line: the numbers of records by table. */
export interface EndLine {
  readonly records: Readonly<Record<string, number>>
  /** `Seal` of the lines between the header and this one; earlier versions wrote none. */
  readonly seal?: string
}
export type Line = TableLine | EndLine | readonly unknown[]

/** The file can't be imported; `message` is a sentence that says why. */
export class Unreadable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Unreadable'
  }
}

export const renderLine = (line: Header | Line): string => `${JSON.stringify(line)}\n`

/**
 * @param newestSchema the newest schema version that this program knows
 * @throws {Unreadable} if it isn't a header, or its version can't be read
 */
export function parseHeader(text: string, newestSchema: number): Header {
  const header = parseJson(text) as Header | undefined
  if (typeof header !== 'object' || header?.format !== FORMAT)
    throw new Unreadable('it is not an export of this program: name a file that export wrote.')
  if (header.version !== FORMAT_VERSION || !Number.isSafeInteger(header.schema) || header.schema > newestSchema) {
    throw new Unreadable('it comes from a newer version of this program: install that version here, then import again.')
  }
  return header
}

/** @throws {Unreadable} if it isn't one of the lines that follow a header */
export function parseLine(text: string): Line {
  const line = parseJson(text)
  if (Array.isArray(line) || isTableLine(line) || isEndLine(line)) return line
  throw new Unreadable('this is not a line of an export: the file was changed or damaged.')
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

/**
 * An HMAC of lines, under a key that follows from the secret: who has the file alone can't add a user to it. The end has the numbers of
 * records, which are counted anyway.
 */
export interface Seal {
  /** Adds the text of a line, without its end. */
  add(line: string): void
  /** In base64url; nothing may be added after it. */
  value(): string
}

export function createSeal(secret: string): Seal {
  const hmac = createHmac('sha256', deriveKey(secret, 'export seal'))
  // Programs that copy text may change how lines end.
  return { add: (line) => void hmac.update(`${line.trimEnd()}\n`), value: () => hmac.digest('base64url') }
}

const PURPOSE = 'export check'
/** What is encrypted of a file with a seal, so that nobody can take the seal off. */
const SEALED = 'sealed export'

export const makeSecretCheck = (secret: string): string => encrypt(SEALED, deriveKey(secret, PURPOSE))

/** Whether the file comes from a server with this secret, and has a seal; `undefined` if it doesn't come from one. */
export function readSecretCheck(check: string, secret: string): 'sealed' | 'unsealed' | undefined {
  try {
    const text = decrypt(check, deriveKey(secret, PURPOSE))
    return text === SEALED ? 'sealed' : text === PURPOSE ? 'unsealed' : undefined
  } catch {
    return undefined
  }
}
