/** Parses `postgres://` URLs. Parameters mean what they mean in libpq, so URLs from hosting providers work unchanged. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { StorageRefused } from '../storage.ts'

export interface PostgresTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string | undefined
  readonly password: string | undefined
  readonly ssl: ConnectionOptions | false
  /** Whether TLS is only used if the server offers it (libpq's `prefer`, the default). */
  readonly sslOptional: boolean
  readonly applicationName: string
  /** Most connections of this process. */
  readonly poolSize: number
  /** How long one statement may take, in ms. */
  readonly statementTimeout: number
  /** Whether to use prepared statements, which some poolers in transaction mode don't support. */
  readonly prepared: boolean
}

const DEFAULT_PORT = 5432
const DEFAULT_POOL_SIZE = 10
const DEFAULT_STATEMENT_TIMEOUT_MS = 5000
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']
/** `channel_binding` is in the URLs of some providers, and has no effect: the login negotiates it anyway. */
const PARAMETERS = [
  'host',
  'sslmode',
  'sslrootcert',
  'application_name',
  'pool_size',
  'statement_timeout',
  'prepared_statements',
  'pgbouncer',
  'channel_binding',
]

/** @throws {StorageRefused} with a sentence that says what is wrong with the URL, without its password */
export function parsePostgresUrl(raw: string): PostgresTarget {
  let url: URL
  let part: (text: string) => string
  try {
    url = new URL(raw)
    part = decodeURIComponent
    for (const text of [url.username, url.password, url.pathname]) part(text)
  } catch {
    throw refuse(
      'is not a valid URL: it has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters in the password percent-encoded',
    )
  }
  const parameters = url.searchParams
  const unknown = [...parameters.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) throw refuse(`has the unknown parameter ${unknown}: known are ${PARAMETERS.join(', ')}`)

  const user = part(url.username) || undefined
  const database = part(url.pathname.slice(1)) || user
  if (database === undefined) throw refuse('names no database: it has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE')
  const host = parameters.get('host') ?? (url.hostname.replace(/^\[|\]$/g, '') || 'localhost')
  const mode = parameters.get('sslmode')
  return {
    host,
    port: Number(url.port) || DEFAULT_PORT,
    database,
    user,
    password: part(url.password) || undefined,
    ssl: host.startsWith('/') ? false : readSsl(mode ?? 'prefer', parameters.get('sslrootcert')),
    sslOptional: mode === null || mode === 'prefer' || mode === 'allow',
    applicationName: parameters.get('application_name') ?? 'solar-system-oauth-server',
    poolSize: readNumber(parameters, 'pool_size', DEFAULT_POOL_SIZE),
    statementTimeout: readNumber(parameters, 'statement_timeout', DEFAULT_STATEMENT_TIMEOUT_MS),
    prepared: parameters.get('prepared_statements') !== 'false' && parameters.get('pgbouncer') !== 'true',
  }
}

/** `require` only encrypts, `verify-ca` also requires a certificate from a known CA, and `verify-full` one for this host. */
function readSsl(mode: string, rootCertificate: string | null): ConnectionOptions | false {
  if (!SSL_MODES.includes(mode)) throw refuse(`has the sslmode ${mode}: it is one of ${SSL_MODES.join(', ')}`)
  if (mode === 'disable') return false
  // As in libpq, naming a CA turns verification on.
  const verified = mode.startsWith('verify-') || (mode === 'require' && rootCertificate !== null)
  return {
    rejectUnauthorized: verified,
    ...(verified && mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(rootCertificate !== null && rootCertificate !== 'system' && { ca: readCertificate(rootCertificate) }),
  }
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw refuse(`names the sslrootcert ${path}, which can't be read (${(cause as Error).message})`)
  }
}

function readNumber(parameters: URLSearchParams, name: string, fallback: number): number {
  const raw = parameters.get(name)
  if (raw === null) return fallback
  if (!/^[1-9]\d{0,8}$/.test(raw)) throw refuse(`has the ${name} ${raw}: it is a whole number above 0`)
  return Number(raw)
}

const refuse = (problem: string): StorageRefused => new StorageRefused(`DATABASE_URL ${problem}.`)
