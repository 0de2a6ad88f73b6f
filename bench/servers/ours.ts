/**
 * Our server as it is built, in a process of its own, with a database and without rate limits; all else by default.
 * A checkout is known by what stays the same from version to version: `npm run build`, `dist/server.js`, `dist/cli.js`.
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess } from './processes.ts'
import type { ServerProcess } from './processes.ts'
import type { Credentials } from '../rows/requests.ts'

export const HERE = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** Ends this process if it can't be built. */
export function build(checkout = HERE): void {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: checkout, stdio: 'inherit' })
  if (built.status === 0) return
  process.stderr.write(`${checkout} could not be built\n`)
  process.exit(1)
}

/** A client that acts for itself, as an operator makes one beside the server. */
export function addMachine(databaseUrl: string, checkout = HERE): Credentials {
  const args = ['client', 'add', '--name', 'Machine', '--confidential', '--grant-type', 'client_credentials', '--json']
  const added = spawnSync(process.execPath, [join(checkout, 'dist/cli.js'), ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    encoding: 'utf8',
  })
  if (added.status !== 0) throw new Error(added.stderr)
  return JSON.parse(added.stdout) as Credentials
}

/** What every server of a benchmark gets. */
export const variablesOf = (port: number, databaseUrl: string): Record<string, string> => ({
  PORT: String(port),
  ISSUER: `http://localhost:${port}`,
  DATABASE_URL: databaseUrl,
  RATE_LIMIT_REGISTER: 'off',
  RATE_LIMIT_TOKEN: 'off',
})

/**
 * Resolves once the server answers.
 *
 * @param flags of Node
 */
export function startOurs(
  databaseUrl: string,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
  checkout = HERE,
): Promise<ServerProcess> {
  return startProcess([...flags, join(checkout, 'dist/server.js')], '/readyz', (port) => ({
    ...variablesOf(port, databaseUrl),
    NODE_ENV: 'production',
    ...settings,
  }))
}
