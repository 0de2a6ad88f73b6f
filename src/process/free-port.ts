/** `PORT=0`: any free port. The issuer contains it, so it must be known before the server is built. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config.ts'

const ISSUER_OF_PORT_0 = 'http://localhost:0'

/**
 * The configuration with a free port, if its port is 0; otherwise unchanged. An issuer that was set stays.
 *
 * @throws the listen error (`ENOTFOUND` ...) if the host is not an address of this machine
 */
export async function resolvePort(config: Config): Promise<Config> {
  if (config.port !== 0) return config
  const port = await freePort(config.host)
  if (config.issuer !== ISSUER_OF_PORT_0) return { ...config, port }
  const warning = 'PORT is 0, so every start has another issuer, and clients have to connect again each time.'
  return { ...config, port, issuer: `http://localhost:${port}`, warnings: [...config.warnings, warning] }
}

/** A port that was free a moment ago. */
export async function freePort(host = 'localhost'): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
