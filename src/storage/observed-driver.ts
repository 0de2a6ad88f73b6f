/** Puts somebody around each call of a database, for traces. Without them there is nothing in between. */
import { StorageUnavailable } from './storage.ts'
import type { Driver, Outcome, Work } from './driver.ts'

export interface ObservedCall {
  readonly kind: 'read' | 'write'
  /** With the places of its parameters, never their values; absent for a unit of several statements. */
  readonly statement?: string | undefined
}

/** Does the work, and returns what it returns. */
export type Observe = <T>(call: ObservedCall, work: () => Promise<T>) => Promise<T>

export function observeDriver(driver: Driver, observe: Observe): Driver {
  return {
    ...driver,
    read: (statement, parameters) => observe({ kind: 'read', statement: statement.text }, () => driver.read(statement, parameters)),
    write: <W extends Work>(work: W): Promise<Outcome<W>> =>
      observe({ kind: 'write', statement: work.kind === 'single' ? work.call.statement.text : undefined }, () => driver.write(work)),
  }
}

export type FailureReason = 'unreachable' | 'disk' | 'busy' | 'closed'

/** SQLSTATEs of a full disk, of an error of the disk, and of a database that takes no writes. */
const DISK = /^(53100|58030|25006)$/
/** Of what others hold. */
const BUSY = /^(55P03|40001|40P01)$/

/** Why the database can't respond; `undefined` for what is no failure of it. */
export function failureReason(error: unknown): FailureReason | undefined {
  if (!(error instanceof StorageUnavailable)) return undefined
  const { message, cause } = error
  const { code = '' } = (cause ?? {}) as { code?: unknown }
  if (/(storage|database) is (closed|not open)/.test(message)) return 'closed'
  if (DISK.test(String(code)) || /disk|readonly|read-only|unable to open database file/.test(message)) return 'disk'
  return BUSY.test(String(code)) || /is locked/.test(message) ? 'busy' : 'unreachable'
}
