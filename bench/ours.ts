/** Our server as it is built, in a process of its own, with a database and without rate limits; all else by default. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createPerson } from '../test/support/person.ts'
import { startProcess } from './processes.ts'
import type { ServerProcess } from './processes.ts'
import { REDIRECT_URI, authorizePath } from './scenarios.ts'
import type { Prepared } from './scenarios.ts'

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Ends this process if it can't be built. */
export function build(): void {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: at('.'), stdio: 'inherit' })
  if (built.status !== 0) process.exit(1)
}

/** A client that acts for itself, as an operator makes one beside the server. */
export function addMachine(databaseUrl: string): { client_id: string; client_secret: string } {
  const args = ['client', 'add', '--name', 'Machine', '--confidential', '--grant-type', 'client_credentials', '--json']
  const added = spawnSync(process.execPath, [at('dist/cli.js'), ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    encoding: 'utf8',
  })
  if (added.status !== 0) throw new Error(added.stderr)
  return JSON.parse(added.stdout) as { client_id: string; client_secret: string }
}

/**
 * Resolves once the server answers.
 *
 * @param flags of Node
 */
export function startOurs(
  databaseUrl: string,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return startProcess([...flags, at('dist/server.js')], '/readyz', (port) => ({
    PORT: String(port),
    ISSUER: `http://localhost:${port}`,
    DATABASE_URL: databaseUrl,
    RATE_LIMIT_REGISTER: 'off',
    RATE_LIMIT_TOKEN: 'off',
    NODE_ENV: 'production',
    ...settings,
  }))
}

/** A registered client, and a person who is logged in and allowed it everything. */
export async function prepare(url: string): Promise<Omit<Prepared, 'machine'>> {
  const response = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT_URI] }),
  })
  const client = (await response.json()) as { client_id: string; client_secret: string }
  const person = createPerson(url)
  await person.authorize(url + authorizePath(client.client_id, 'openid profile email offline_access'))
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return { issuer: url, clientId: client.client_id, clientSecret: client.client_secret, cookie }
}
