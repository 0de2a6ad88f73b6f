/** What PostgreSQL's errors mean: try again, come back later, a defect, or a sentence for the person who starts the server. */
import pg from 'pg'
import type { PostgresTarget } from './postgres-url.ts'
import { StorageRefused, StorageUnavailable } from '../storage.ts'

/** What PostgreSQL calls a prepared statement whose `select *` has got a column more since: a node of the next version has migrated. */
const OUTDATED = '0A000'
/**
 * How often a unit is tried, by SQLSTATE: serialization failures and deadlocks have a loser who simply goes again. After
 * a unique violation the guard is asked once more: a concurrent writer may have taken the name after it had looked.
 */
const ATTEMPTS: Readonly<Record<string, number>> = { '40001': 5, '40P01': 5, [OUTDATED]: 5, '23505': 2 }

/** The code of an error that the server has sent. */
const sqlState = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.code : undefined)

/** Whether a unit that failed with `error` (as `explainFailure` tells it) may be tried again, after so many attempts. */
export function isRetried(error: unknown, attempts: number): boolean {
  const state = sqlState(error instanceof StorageUnavailable ? error.cause : error)
  return state !== undefined && attempts < (ATTEMPTS[state] ?? 1)
}

/** Whether a record is there twice, or what it hangs on isn't (SQLSTATE class 23). */
export const isConstraint = (error: unknown): boolean => /^23/.test(String(sqlState(error)))
/** Whether a lock was not to be had in time. */
export const isLocked = (error: unknown): boolean => sqlState(error) === '55P03'
/** Whether a prepared statement has to be prepared anew. */
export const isOutdated = (error: unknown): boolean => sqlState(error) === OUTDATED

/** SQLSTATE classes and codes of what may pass: connections, resources, shutdown, time-outs, a standby, lost races. */
const PASSING = /^(08|53|57|58)|^(25006|25P03|40001|40P01|55P03)$/

/** What a statement's failure is to its caller: `StorageUnavailable`, or the defect that it is. */
export function explainFailure(error: unknown): unknown {
  const state = sqlState(error)
  if (error instanceof RangeError || (state !== undefined && !PASSING.test(state))) return error
  return unavailable(error)
}

export const unavailable = (cause: unknown): StorageUnavailable => new StorageUnavailable(`PostgreSQL: ${reasonOf(cause)}`, { cause })

/** A host with several addresses fails with an error that has a code, but no message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message || String(code)
}

/** Whether the connection that brought `error` (as `explainFailure` tells it) can't be used again. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof StorageUnavailable)) return false
  return !(error.cause instanceof pg.DatabaseError) || error.cause.severity === 'FATAL'
}

/** Whether the server speaks no TLS at all, said before anything secret was sent. */
export const isTlsMissing = (error: unknown): boolean => /does not support SSL/.test((error as Error).message)

/** Why a database can't be used, in a sentence that says what to do. */
export function explainRefusal(error: unknown, { host, port, database, user }: PostgresTarget): StorageRefused {
  if (error instanceof StorageRefused) return error
  const { code = '' } = error as NodeJS.ErrnoException
  const reason = reasonOf(error)
  const at = host.startsWith('/') ? host : `${host}:${port}`
  const sentence = sentences[code]?.({ at, host, database, user: user ?? '(none)' })
  if (sentence !== undefined) return refuse(sentence.replace(/\.$/, ` (${reason}).`), error)
  if (isTlsMissing(error)) {
    return refuse(
      `PostgreSQL at ${at} speaks no TLS: set it up there, or set sslmode=disable in DATABASE_URL, if nobody can listen in between.`,
      error,
    )
  }
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER/.test(code)) {
    return refuse(
      `The certificate of PostgreSQL at ${at} isn't trusted (${reason}): name its CA with sslrootcert=FILE in DATABASE_URL.`,
      error,
    )
  }
  return refuse(`PostgreSQL at ${at} can't be used (${reason}): check that it runs, and DATABASE_URL.`, error)
}

type Sentence = (about: { at: string; host: string; database: string; user: string }) => string

const wrongPassword: Sentence = ({ at, user }) => `PostgreSQL at ${at} refuses the user ${user}: check name and password in DATABASE_URL.`
const unknownHost: Sentence = ({ host }) => `The database server ${host} can't be found: check the host in DATABASE_URL.`
const noAnswer: Sentence = ({ at }) => `PostgreSQL doesn't answer at ${at}: start it, or check DATABASE_URL.`

/** By SQLSTATE, or the code of a network error. */
const sentences: Readonly<Record<string, Sentence>> = {
  '28P01': wrongPassword,
  '28000': wrongPassword,
  '3D000': ({ at, database }) => `PostgreSQL at ${at} has no database ${database}: create it, or check the name in DATABASE_URL.`,
  '42501': ({ database, user }) =>
    `The user ${user} may not create tables in the database ${database}: make it the owner, or grant create on its schema.`,
  '53300': ({ at }) => `PostgreSQL at ${at} has no connection left: raise max_connections there, or lower pool_size in DATABASE_URL.`,
  '25006': ({ at }) => `PostgreSQL at ${at} only reads, it is a standby: name the primary in DATABASE_URL.`,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ECONNREFUSED: noAnswer,
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  ENOENT: noAnswer,
}

const refuse = (sentence: string, cause: unknown): StorageRefused => new StorageRefused(sentence, { cause })
