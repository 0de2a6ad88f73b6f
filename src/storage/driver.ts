/** What an engine does for the stores: single reads, and atomic units of work written once for every engine. */

export type Parameter = string | number | null
export type Row = Record<string, string | number | null>

/** A statement's text (`$n` parameters) and how many parameters it takes. */
export interface Statement {
  readonly text: string
  readonly arity: number
}

export interface Call {
  readonly statement: Statement
  readonly parameters: readonly Parameter[]
}

/** An atomic unit of work: it yields calls, gets their rows, and ends with its outcome. If it throws, nothing happened. */
export type Unit<T> = Generator<Call, T, Row[]>

/** A unit of a single statement, which an engine may run without a transaction around it. */
export interface SingleUnit {
  (): Unit<Row[]>
  readonly only: Call
}

/** A unit that a single statement does, too, where nothing stands in its way. */
export interface ShortUnit<T> {
  (): Unit<T>
  /**
   * For PostgreSQL, whose statements may change several tables: a row if all is done, none if nothing happened. Then the
   * unit itself says why, or does it.
   */
  readonly short: Call
  /** The outcome if all is done. */
  readonly done: T
}

/** A unit of several statements that don't need each other's rows: an engine may send them all at once. */
export interface BatchUnit {
  (): Unit<void>
  readonly all: readonly Call[]
}

export interface Driver {
  /** Runs one statement that changes nothing. */
  read(statement: Statement, parameters: readonly Parameter[]): Promise<Row[]>
  /**
   * Runs a unit of work; resolves once it is durable. A unit may be run again from its beginning, when a concurrent one
   * was in its way: it has no effects but its calls.
   */
  write<T>(unit: () => Unit<T>): Promise<T>
  close(): Promise<void>
}

/**
 * Declares a statement; its arity is the highest `$n` in the text.
 *
 * @throws {TypeError} if a number below it is left out
 */
export function statement(text: string): Statement {
  const numbers = new Set([...text.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])))
  const arity = Math.max(0, ...numbers)
  if (numbers.size !== arity) throw new TypeError(`parameters are numbered from $1 without a gap: ${text}`)
  return { text, arity }
}

/** One call within a unit of work: `const rows = yield* run(STATEMENT, a, b)`. */
export function* run(statement: Statement, ...parameters: Parameter[]): Generator<Call, Row[], Row[]> {
  return yield { statement, parameters }
}

/** A unit of a single statement. */
export function single(statement: Statement, ...parameters: Parameter[]): SingleUnit {
  return Object.assign(() => run(statement, ...parameters), { only: { statement, parameters } })
}

/** A unit with its short form, and what it ends with if that was enough. */
export function short<T>({ only }: SingleUnit, done: T, unit: () => Unit<T>): ShortUnit<T> {
  return Object.assign(unit, { short: only, done })
}

/** A unit of the statements of `calls`, one after the other. */
export function batch(...calls: readonly Call[]): BatchUnit {
  return Object.assign(
    function* (): Unit<void> {
      for (const call of calls) yield call
    },
    { all: calls },
  )
}

/**
 * Refuses what an engine would bind without a word: SQLite stores a Date, or a missing parameter, as null.
 *
 * @throws {TypeError} for any parameter but string, safe integer and null, and for a wrong count
 */
export function checkParameters(statement: Statement, parameters: readonly unknown[]): void {
  if (parameters.length !== statement.arity) {
    throw new TypeError(`${statement.arity} parameters expected, ${parameters.length} given: ${statement.text}`)
  }
  for (const parameter of parameters) {
    if (parameter === null || typeof parameter === 'string' || Number.isSafeInteger(parameter)) continue
    throw new TypeError(`a parameter must be a string, a safe integer or null, not this ${typeof parameter}: ${statement.text}`)
  }
}
