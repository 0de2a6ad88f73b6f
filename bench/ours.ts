/** Our server as it is built, in a process of its own, with a database and without rate limits; all else by default. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startProcess } from './processes.ts'
import type { ServerProcess } from './processes.ts'

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Ends this process if it can't be built. */
export function build(): void {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: at('.'), stdio: 'inherit' })
  if (built.status !== 0) process.exit(1)
}

/** Resolves once the server answers. */
export function startOurs(databaseUrl: string, settings: Record<string, string> = {}): Promise<ServerProcess> {
  return startProcess([at('dist/server.js')], '/readyz', (port) => ({
    PORT: String(port),
    ISSUER: `http://localhost:${port}`,
    DATABASE_URL: databaseUrl,
    RATE_LIMIT_REGISTER: 'off',
    RATE_LIMIT_TOKEN: 'off',
    NODE_ENV: 'production',
    ...settings,
  }))
}
