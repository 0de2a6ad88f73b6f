/** Starts the bare server for the routes of one row. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BareRoute } from './bare.ts'
import { startProcess } from './processes.ts'
import type { ServerProcess } from './processes.ts'

/** @param folder in which it keeps what the server reads */
export function startBare(folder: string, routes: readonly BareRoute[]): Promise<ServerProcess> {
  const file = join(folder, 'bare.json')
  writeFileSync(file, JSON.stringify(routes))
  const script = fileURLToPath(new URL('bare.ts', import.meta.url))
  return startProcess(['--import', 'tsx', script], '/alive', (port) => ({ PORT: String(port), BARE: file, NODE_ENV: 'production' }))
}
