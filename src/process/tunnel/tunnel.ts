/**
 * `--tunnel`: a public address for trying. Owns which settings follow from it, the administrator's password, and that the server ends with the
 * tunnel; not the tunnel's program (cloudflared.ts).
 */
import { verifyPassword } from '../../crypto/password.ts'
import { newSecret } from '../../crypto/random.ts'
import type { Environment } from '../../config/kinds.ts'
import { ConfigSchema } from '../../config/schema.ts'
import { openStorage } from '../../storage/open.ts'
import { readEnvFile, readEnvironment } from '../environment.ts'
import { resolvePort } from '../free-port.ts'
import { NoTunnel, startCloudflared } from './cloudflared.ts'
import type { Tunnel } from './cloudflared.ts'

export interface Tunneled {
  /** The settings with which the server starts. */
  readonly variables: Environment
  /** Whether the administrator keeps the password that an earlier start made. */
  readonly keepsPassword: boolean
  readonly tunnel: Tunnel
}

/**
 * Starts the tunnel, and says what follows from it.
 *
 * @param path of the file with settings
 * @throws {NoTunnel} with sentences that say what to do
 */
export async function openTunnel(given: Environment, write: (text: string) => void, path?: string): Promise<Tunneled> {
  const file = readEnvFile(path)
  if (!file.ok) throw new NoTunnel(file.error)
  const all: Environment = { ...file.value, ...given }
  const { ISSUER: issuer, TUNNEL_TOKEN: token, ADMIN_PASSWORD: password } = all
  if (issuer !== undefined && token === undefined)
    throw new NoTunnel(
      'ISSUER is set, so --tunnel runs a named tunnel: set TUNNEL_TOKEN, too, or leave ISSUER out for an address that is made up.',
    )
  // Nobody but the tunnel, which runs here, reaches the server, and says for whom it asks.
  const local = { ...all, HOST: 'localhost', TRUST_PROXY: '127.0.0.1,::1', ADMIN_PASSWORD: password ?? newSecret() }
  const config = readEnvironment(local, path)
  if (!config.ok) throw new NoTunnel(config.error.join('\n'))
  const { port } = await resolvePort(config.value)
  const keepsPassword = password === undefined && (await hasOwnPassword(config.value.databaseUrl))
  const tunnel = await startCloudflared(given, port, issuer === undefined ? undefined : token)
  const address = issuer ?? tunnel.address!
  write(
    explain(
      address,
      issuer === undefined,
      config.value.adminUsername,
      password === undefined && !keepsPassword ? local.ADMIN_PASSWORD : undefined,
    ),
  )
  return { variables: { ...given, ...local, PORT: String(port), ISSUER: address }, keepsPassword, tunnel }
}

/** Whether there is an administrator whose password isn't the one that everybody knows. */
async function hasOwnPassword(databaseUrl: string): Promise<boolean> {
  const storage = await openStorage(databaseUrl)
  try {
    const found = await storage.users.findAdministrator()
    const known = ConfigSchema.properties.adminPassword.variable.fallback!
    return found !== undefined && !(await verifyPassword(known, found.passwordHash))
  } finally {
    await storage.close()
  }
}

function explain(address: string, isQuick: boolean, username: string, password: string | undefined): string {
  const login = password === undefined ? 'as before' : `${password}  (shown only now: only its hash is kept)`
  const quick = `
            The address is another one after the next start: every app has to connect again then. For one that stays, set
            ISSUER and TUNNEL_TOKEN. Such tunnels may hold back streams that a client opens with GET: the doctor tries.
`
  return `
  Tunnel    ${address}
  ChatGPT   Settings, Apps, developer mode, create: paste the address of your MCP server below, choose OAuth.
  Claude    Settings, Connectors, add custom connector: paste the same address.
  Password  of ${username}: ${login}
${isQuick ? quick : ''}`
}

/** The server ends with its tunnel, and the tunnel with it. */
export function endTogether(tunnel: Tunnel, say: (text: string) => void, stop: () => void): void {
  void tunnel.ended.then((why) => {
    say(`The tunnel is over: ${why}. Nobody can reach the server any more, so it stops.\n`)
    stop()
  })
}
