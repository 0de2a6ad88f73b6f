/** What a person needs next, printed once the server listens. */
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { Config } from './config.ts'
import { PATHS, WELL_KNOWN } from './schemas/paths.ts'

/** @param addresses where the server really listens */
export function welcome(config: Config, addresses: readonly (string | AddressInfo)[]): string {
  const { issuer, databaseUrl, adminUsername, adminPassword } = config
  const path = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice('sqlite:'.length) : undefined
  const data = path === undefined ? 'the configured PostgreSQL database' : path === ':memory:' ? 'nowhere: all is lost at the stop' : resolve(path)
  const password = adminPassword === 'admin123' ? 'admin123' : 'the one that ADMIN_PASSWORD holds'
  const listening = addresses.map(render).join(', ')
  return `
  Solar System OAuth Server is ready (${listening}).

  Issuer         ${issuer}
  Discovery      ${issuer}${WELL_KNOWN.oauth}
  Your MCP server names the issuer in its authorization_servers; ChatGPT, Claude, Cursor then find everything.
  A client that asks for an OAuth server takes the issuer itself. How to: ${issuer}${PATHS.home}

  Login          ${adminUsername}, password: ${password}
                 To change it, set ADMIN_USERNAME and ADMIN_PASSWORD (or in a file .env) and start again.
  Data           ${data}

`
}

function render(address: string | AddressInfo): string {
  if (typeof address === 'string') return address
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}
