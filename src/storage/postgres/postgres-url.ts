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
  /** How long a request waits for a connection, in ms. */
  readonly connectTimeout: number
  /** Options for the session, as `-c search_path=solar`. */
  readonly options: string | undefined
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
const DEFAULT_CONNECT_TIMEOUT_MS = 3000
/** Session attributes that a server has which takes writes. */
const WRITABLE = ['any', 'read-write', 'primary']
/** They are in the URLs of some providers, and have no effect: the login negotiates the first, and the rest has its right value anyway. */
const WITHOUT_EFFECT = [
  'channel_binding',
  'client_encoding',
  'gssencmode',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'sslcompression',
  'sslsni',
]
const SEVERAL_HOSTS = 'names several hosts, and this program can not choose one: name the primary, or an address that follows it'
const PARAMETERS = [
  'host',
  'sslmode',
  'sslrootcert',
  'application_name',
  'pool_size',
  'statement_timeout',
  'prepared_statements',
  'pgbouncer',
  'port',
  'user',
  'password',
  'dbname',
  'connect_timeout',
  'options',
  'target_session_attrs',
  ...WITHOUT_EFFECT,
]

/** @throws {StorageRefused} with a sentence that says what is wrong with the URL, without its password */
export function parsePostgresUrl(raw: string): PostgresTarget {
  if (/^postgres(ql)?:\/\/[^/?]*,[^/@?]*(?:[/?]|$)/.test(raw)) throw refuse(SEVERAL_HOSTS)
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

  const given = (name: string): string | undefined => parameters.get(name) || undefined
  const user = given('user') ?? (part(url.username) || undefined)
  const database = given('dbname') ?? (part(url.pathname.slice(1)) || user)
  if (database === undefined) throw refuse('names no database: it has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE')
  const host = given('host') ?? (part(url.hostname).replace(/^\[|\]$/g, '') || 'localhost')
  if (host.includes(',')) throw refuse(SEVERAL_HOSTS)
  const attributes = given('target_session_attrs') ?? 'any'
  if (!WRITABLE.includes(attributes))
    throw refuse(`has the target_session_attrs ${attributes}, but this program writes: it is one of ${WRITABLE.join(', ')}`)
  const mode = parameters.get('sslmode')
  return {
    host,
    port: readNumber(parameters, 'port', Number(url.port) || DEFAULT_PORT),
    database,
    user,
    password: given('password') ?? (part(url.password) || undefined),
    ssl: host.startsWith('/') ? false : readSsl(mode ?? 'prefer', parameters.get('sslrootcert')),
    sslOptional: mode === null || mode === 'prefer' || mode === 'allow',
    applicationName: parameters.get('application_name') ?? 'solar-system-oauth-server',
    connectTimeout: readConnectTimeout(parameters),
    options: given('options'),
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

/** In seconds, as in libpq: 0 is without end, which requests can't wait, and less than 2 is 2. */
function readConnectTimeout(parameters: URLSearchParams): number {
  const raw = parameters.get('connect_timeout')
  if (raw === null || /^-?0*$/.test(raw)) return DEFAULT_CONNECT_TIMEOUT_MS
  return Math.max(2, readNumber(parameters, 'connect_timeout', 0)) * 1000
}

function readNumber(parameters: URLSearchParams, name: string, fallback: number): number {
  const raw = parameters.get(name)
  if (raw === null) return fallback
  if (!/^[1-9]\d{0,8}$/.test(raw)) throw refuse(`has the ${name} ${raw}: it is a whole number above 0`)
  return Number(raw)
}

const refuse = (problem: string): StorageRefused => new StorageRefused(`DATABASE_URL ${problem}.`)
