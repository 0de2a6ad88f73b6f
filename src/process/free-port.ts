/** `PORT=0`: any free port. The issuer names it, so it must be known before the server is built. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config.ts'

const UNSETTLED_ISSUER = 'http://localhost:0'

/**
 * The configuration with the port that will be listened on; unchanged unless it is 0. An issuer that was set stays.
 *
 * @throws the listen error (`ENOTFOUND` ...) if the host is not one of this machine
 */
export async function resolvePort(config: Config): Promise<Config> {
  if (config.port !== 0) return config
  const port = await freePort(config.host)
  if (config.issuer !== UNSETTLED_ISSUER) return { ...config, port }
  const warning = 'PORT is 0, so the issuer is another one at every start: clients have to connect anew each time.'
  return { ...config, port, issuer: `http://localhost:${port}`, warnings: [...config.warnings, warning] }
}

async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
