/** The interface of an engine: single reads, and atomic work that is written once for every engine (ADR 1). */

export type Parameter = string | number | null
export type Row = Record<string, string | number | null>

/** A statement with `$n` parameters. */
export interface Statement {
  readonly text: string
  /** The number of parameters. */
  readonly arity: number
}

export interface Call {
  readonly statement: Statement
  readonly parameters: readonly Parameter[]
}

/** The steps of a unit of work: it yields calls, receives their rows, and returns its outcome. */
export type Unit<T> = Generator<Call, T, Row[]>

/** One statement, which an engine may run without a transaction around it. Its outcome is its rows. */
export interface SingleWork {
  readonly kind: 'single'
  readonly call: Call
}

/** Several statements that need none of each other's rows: an engine may send them all at once. */
export interface BatchWork {
  readonly kind: 'batch'
  readonly calls: readonly Call[]
}

export interface UnitWork<T> {
  readonly kind: 'unit'
  readonly unit: () => Unit<T>
}

/** A unit with a short form: one statement that does everything in the usual case. */
export interface ShortWork<T> {
  readonly kind: 'short'
  /**
   * For PostgreSQL, whose statements may change several tables. Returns a row if it did everything, and none if it did nothing:
   * then the unit does the work, or finds out why it can't be done.
   */
  readonly call: Call
  /** The outcome if the short form did everything. */
  readonly done: T
  readonly unit: () => Unit<T>
}

/** Work that is done as a whole or, if it throws, not at all. */
export type Work = SingleWork | BatchWork | UnitWork<unknown> | ShortWork<unknown>

/** What some work ends with. */
export type Outcome<W extends Work> = W extends SingleWork ? Row[] : W extends { unit: () => Unit<infer T> } ? T : void

/** What goes on at this instant. */
export interface DriverLoad {
  /** To the database, with those that nobody uses. */
  readonly connections: number
  readonly idle: number
  /** Calls that wait for a connection, or for the next transaction. */
  readonly waiting: number
}

/** Hears of each call that is over: how long it took, in ms, and why it failed, if it did. An engine tells it without a promise more. */
export type OnCall = (kind: 'read' | 'write', ms: number, error?: unknown) => void

export interface Driver {
  /** Runs one statement that changes nothing. */
  read(statement: Statement, parameters: readonly Parameter[]): Promise<Row[]>
  /**
   * Does some work; resolves once it is durable. A unit that conflicts with a concurrent one runs again from its beginning, so its
   * calls must be its only effects.
   */
  write<W extends Work>(work: W): Promise<Outcome<W>>
  /** Resolves if the database answers, and would take a write. */
  ping(): Promise<void>
  /** How much room the database takes, in bytes. */
  size(): Promise<number>
  load(): DriverLoad
  close(): Promise<void>
}

/**
 * Declares a statement; its arity is the highest `$n` in the text.
 *
 * @throws {TypeError} if a lower number is missing
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

export const single = (statement: Statement, ...parameters: Parameter[]): SingleWork => ({
  kind: 'single',
  call: { statement, parameters },
})

export const batch = (...calls: readonly Call[]): BatchWork => ({ kind: 'batch', calls })

export const unit = <T>(steps: () => Unit<T>): UnitWork<T> => ({ kind: 'unit', unit: steps })

/** @param done the outcome if `call` was enough */
export const short = <T>(call: Call, done: T, steps: () => Unit<T>): ShortWork<T> => ({ kind: 'short', call, done, unit: steps })

/** The steps of any work, for an engine that has no shorter way. */
export function stepsOf<W extends Work>(work: W): Unit<Outcome<W>>
export function stepsOf(work: Work): Unit<unknown> {
  switch (work.kind) {
    case 'single':
      return runCall(work.call)
    case 'batch':
      return runAll(work.calls)
    case 'unit':
    case 'short':
      return work.unit()
  }
}

function* runCall(call: Call): Unit<Row[]> {
  return yield call
}

function* runAll(calls: readonly Call[]): Unit<void> {
  for (const call of calls) yield call
}

/**
 * Refuses what an engine would silently accept: SQLite stores a Date, or a missing parameter, as null.
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
