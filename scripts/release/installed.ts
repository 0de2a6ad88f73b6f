/** Whether the package works where it is installed: a fresh folder, the dependencies as npm resolves them now, a start with no settings. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReleaseRefused } from './refused.ts'

const NAME = 'solar-system-oauth-server'
const INSTALL_MS = 300_000
const COMMAND_MS = 30_000
const START_MS = 30_000
const STOP_MS = 15_000
const PAUSE_MS = 100

/**
 * @param tarball an absolute path
 * @param version what the installed command line has to call itself
 * @throws {ReleaseRefused} with what went wrong
 */
export async function checkInstalled(tarball: string, version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'solar-system-release-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    runIn(folder, 'npm', ['install', '--no-audit', '--no-fund', tarball], INSTALL_MS)
    const cli = join(folder, 'node_modules', NAME, 'dist', 'cli.js')
    const printed = runIn(folder, process.execPath, [cli, '--version'], COMMAND_MS).trim()
    if (printed !== version) throw new ReleaseRefused(`The installed command line is of version ${printed}, not ${version}.`)
    writeFileSync(join(folder, 'library.js'), `import { createGuard } from '${NAME}/resource-server'\nif (!createGuard) process.exit(1)\n`)
    runIn(folder, process.execPath, ['library.js'], COMMAND_MS)
    await checkStart(folder, cli)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts the server on any free port, waits until its database answers, and stops it. */
async function checkStart(folder: string, cli: string): Promise<void> {
  // No variable of this terminal: what is installed has to start without any.
  const env = { PATH: process.env['PATH'], PORT: '0' }
  const server = spawn(process.execPath, [cli, 'serve'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(server, 'exit')
  try {
    const issuer = await printedIssuer(server)
    await untilReady(issuer)
    server.kill('SIGTERM')
    const late = new Promise<[string]>((resolve) => setTimeout(resolve, STOP_MS, ['late']).unref())
    const [code] = (await Promise.race([ended, late])) as [number | string | null]
    if (code !== 0) throw new ReleaseRefused(`The installed server did not stop cleanly (${code}).`)
  } finally {
    server.kill('SIGKILL')
  }
}

/** The address that the server's first line names. */
async function printedIssuer(server: ChildProcess): Promise<string> {
  let printed = ''
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new ReleaseRefused(`The installed server ${why}:\n${printed}`))
    const timer = setTimeout(() => refuse('did not start in time'), START_MS)
    const read = (chunk: Buffer) => {
      printed += chunk.toString()
      const issuer = /(http:\/\/localhost:\d+) is the issuer/.exec(printed)?.[1]
      if (issuer === undefined) return
      clearTimeout(timer)
      resolve(issuer)
    }
    server.stdout!.on('data', read)
    server.stderr!.on('data', read)
    server.once('exit', () => {
      clearTimeout(timer)
      refuse('ended')
    })
  })
}

async function untilReady(issuer: string): Promise<void> {
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline) {
    const status = await fetch(`${issuer}/readyz`, { signal: AbortSignal.timeout(START_MS) }).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  throw new ReleaseRefused(`${issuer}/readyz does not answer 200.`)
}

function runIn(cwd: string, command: string, args: readonly string[], timeout: number): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout })
  if (status !== 0) throw new ReleaseRefused(`${command} ${args.join(' ')} failed:\n${error?.message ?? ''}${stdout}${stderr}`)
  return stdout
}
