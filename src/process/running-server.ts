/**
 * What a server leaves for the command line to find: where it is and which database it uses, in `data/server.json` and beside an
 * SQLite database. Only the owner can read it (mode 0600), and it holds no secret.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { databaseName } from '../config/database-name.ts'
import type { Environment } from '../config/kinds.ts'
import type { GivenSettings } from './environment.ts'
import { parseJsonObject } from '../domain/protocol/json.ts'
import { isInMemory, sqlitePathOf } from '../domain/protocol/sqlite-path.ts'

export interface RunningServer {
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  readonly issuer: string
  readonly host: string
  readonly port: number
  /** Without user and password (config/database-name.ts). */
  readonly database: string
  /** What it was given besides, and the names of the secrets among it. Not there if an earlier version wrote the file. */
  readonly given?: GivenSettings | undefined
}

type Settings = Pick<Config, 'issuer' | 'host' | 'port' | 'databaseUrl'>

const FILE = 'server.json'
/** Where it is found without knowing the database. */
const FOLDER = 'data'

/** Writes it, as far as that is possible, and deletes it when the process ends. A server doesn't depend on it. */
export function announceServer({ issuer, host, port, databaseUrl }: Settings, version: string, now: Date, given: GivenSettings): void {
  const server: RunningServer = {
    pid: process.pid,
    version,
    startedAt: now.toISOString(),
    issuer,
    host,
    port,
    database: databaseName(databaseUrl),
    given,
  }
  const files = [...new Set([besideDatabase(databaseUrl), join(FOLDER, FILE)].map((path) => resolve(path)))]
  const isNew = !existsSync(FOLDER)
  for (const file of files) write(file, server)
  process.once('exit', () => {
    for (const file of files) if (read(file)?.pid === process.pid) rmSync(file, { force: true })
    if (isNew) removeEmpty(FOLDER)
  })
}

/** The server that runs on a database, or else, without one, the one that was started in this folder. */
export function findServer(databaseUrl: string | undefined): RunningServer | undefined {
  const server = read(databaseUrl === undefined ? join(FOLDER, FILE) : besideDatabase(databaseUrl))
  if (server === undefined || !isAlive(server.pid)) return undefined
  return databaseUrl === undefined || server.database === databaseName(databaseUrl) ? server : undefined
}

/** Its settings as variables. A PostgreSQL database isn't among them: its password isn't known here. */
export function settingsOf({ issuer, host, port, database }: RunningServer): Environment {
  return { ISSUER: issuer, HOST: host, PORT: String(port), ...(sqlitePathOf(database) !== undefined && { DATABASE_URL: database }) }
}

function besideDatabase(databaseUrl: string): string {
  const path = sqlitePathOf(databaseUrl)
  return path === undefined || isInMemory(databaseUrl) ? join(FOLDER, FILE) : join(dirname(path), FILE)
}

function write(file: string, server: RunningServer): void {
  try {
    mkdirSync(dirname(file), { mode: 0o700 })
  } catch {
    // It is there, or can't be made: then the file can't be written either.
  }
  try {
    rmSync(file, { force: true })
    writeFileSync(file, `${JSON.stringify(server)}\n`, { mode: 0o600, flag: 'wx' })
  } catch {
    // A folder that can't be written.
  }
}

/** Nothing is left of a folder that was made for this file alone. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Something else is there by now.
  }
}

function read(file: string): RunningServer | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const { pid, version, startedAt, issuer, host, port, database, given } = parseJsonObject(text) ?? {}
  const texts = [version, startedAt, issuer, host, database]
  if (!texts.every((each) => typeof each === 'string') || !Number.isInteger(pid) || !Number.isInteger(port)) return undefined
  const known = readGiven(given)
  return { pid, version, startedAt, issuer, host, port, database, ...(known && { given: known }) } as RunningServer
}

/** Nobody but the owner writes the file, yet it may be of another version. */
function readGiven(value: unknown): GivenSettings | undefined {
  const { settings, secrets } = (value ?? {}) as Partial<Record<keyof GivenSettings, unknown>>
  const areTexts = (texts: unknown[]): boolean => texts.every((text) => typeof text === 'string')
  if (typeof settings !== 'object' || settings === null || !Array.isArray(secrets)) return undefined
  return areTexts([...Object.values(settings), ...secrets]) ? (value as GivenSettings) : undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It runs, for another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
