/** Classifies PostgreSQL's errors: retry, unavailable, a defect, or a sentence for the operator who starts the server. */
import pg from 'pg'
import type { PostgresTarget } from './postgres-url.ts'
import { StorageRefused, StorageUnavailable } from '../storage.ts'

/** "cached plan must not change result type": a node of the next version has added a column to a `select *`. */
const OUTDATED = '0A000'
/**
 * How often a unit is tried, by SQLSTATE. The loser of a serialization failure or a deadlock just tries again. So does a unit with a
 * unique violation, once: a concurrent writer may have taken the name after the unit had checked it.
 */
const ATTEMPTS: Readonly<Record<string, number>> = { '40001': 5, '40P01': 5, [OUTDATED]: 5, '23505': 2 }

/** The code of an error from the server; `undefined` for other errors. */
const sqlState = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.code : undefined)

/** Whether to try a unit again after `attempts` attempts. `error` comes from `explainFailure`. */
export function isRetried(error: unknown, attempts: number): boolean {
  const state = sqlState(error instanceof StorageUnavailable ? error.cause : error)
  return state !== undefined && attempts < (ATTEMPTS[state] ?? 1)
}

/** Whether a record is a duplicate, or refers to a missing one (SQLSTATE class 23). */
export const isConstraint = (error: unknown): boolean => /^23/.test(String(sqlState(error)))
/** Whether a lock timed out. */
export const isLocked = (error: unknown): boolean => sqlState(error) === '55P03'
/** Whether a statement has to be prepared again. */
export const isOutdated = (error: unknown): boolean => sqlState(error) === OUTDATED

/** SQLSTATE classes and codes of temporary errors: connections, resources, shutdown, timeouts, a standby, lost races. */
const TEMPORARY = /^(08|53|57|58)|^(25006|25P03|40001|40P01|55P03)$/

/** The error that the caller of a statement gets: `StorageUnavailable` for a temporary error, otherwise the error itself. */
export function explainFailure(error: unknown): unknown {
  const state = sqlState(error)
  if (error instanceof RangeError || (state !== undefined && !TEMPORARY.test(state))) return error
  return unavailable(error)
}

export const unavailable = (cause: unknown): StorageUnavailable => new StorageUnavailable(`PostgreSQL: ${reasonOf(cause)}`, { cause })

/** The error of a host with several addresses has a code, but no message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message || String(code)
}

/** Whether the connection can't be used again after `error`, which comes from `explainFailure`. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof StorageUnavailable)) return false
  return !(error.cause instanceof pg.DatabaseError) || error.cause.severity === 'FATAL'
}

/** Whether the server doesn't offer TLS, which shows before anything secret is sent. */
export const isTlsMissing = (error: unknown): boolean => /does not support SSL/.test((error as Error).message)

/** Why a database can't be used, with a sentence that says what to do. */
export function explainRefusal(error: unknown, { host, port, database, user }: PostgresTarget): StorageRefused {
  if (error instanceof StorageRefused) return error
  const { code = '' } = error as NodeJS.ErrnoException
  const reason = reasonOf(error)
  const at = host.startsWith('/') ? host : `${host}:${port}`
  const sentence = sentences[code]?.({ at, host, database, user: user ?? '(none)' })
  if (sentence !== undefined) return refuse(sentence.replace(/\.$/, ` (${reason}).`), error)
  if (isTlsMissing(error)) {
    return refuse(
      `PostgreSQL at ${at} doesn't offer TLS: enable it there, or set sslmode=disable in DATABASE_URL if nobody can listen in between.`,
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
  '53300': ({ at }) => `PostgreSQL at ${at} has no free connection: raise max_connections there, or lower pool_size in DATABASE_URL.`,
  '25006': ({ at }) => `PostgreSQL at ${at} is a standby, which can't write: name the primary in DATABASE_URL.`,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ECONNREFUSED: noAnswer,
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  ENOENT: noAnswer,
}

const refuse = (sentence: string, cause: unknown): StorageRefused => new StorageRefused(sentence, { cause })
