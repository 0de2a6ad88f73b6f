/** What an operator needs next, printed once the server listens. */
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { showUpstream } from '../domain/gate/command/command-line.ts'
import { protectedResource } from '../domain/gate/gate-table.ts'
import { protectionsOf } from '../domain/gate/upstream-address.ts'
import { isLoopback } from '../domain/protocol/loopback.ts'
import { isInMemory, sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { configuredProviders } from '../config/settings/provider-settings.ts'
import { redirectUriOf } from '../domain/provider/provider-address.ts'
import { ConfigSchema } from '../config/schema.ts'
import { PATHS } from '../schemas/paths.ts'

type WelcomeConfig = Pick<Config, 'issuer' | 'databaseUrl' | 'adminUsername' | 'adminPassword' | 'protect' | 'protectCommand'> &
  Parameters<typeof configuredProviders>[0]

/**
 * The text for a terminal.
 *
 * @param program how to call the command line of this installation
 */
export function welcome(config: WelcomeConfig, program: string): string {
  const { issuer, adminUsername } = config
  const local = isLoopback(new URL(issuer).hostname)
  return `
  Solar System OAuth Server is ready.

${protectedServers(config)}  Issuer    ${issuer}
            The server's address. Put it into your MCP server's authorization_servers, or give it to any app that asks for
            an OAuth server: ChatGPT, Claude, Cursor and others find the rest and register themselves.
${local ? LOCAL_ONLY : ''}  Guide     ${issuer}${PATHS.home}
            Open it in a browser: how to connect each of them, and every endpoint.
  Login     ${adminUsername}, password: ${shownPassword(config)}
            To change it, set ADMIN_USERNAME and ADMIN_PASSWORD, here or in a file .env, and start again.
${providers(config, program)}  Users     ${program} user add NAME
  Check     ${program} verify
  Data      ${dataPlace(config)}
  Stop      Ctrl-C

`
}

const LOCAL_ONLY = `            Programs on this machine can use it as it is. ChatGPT and Claude on the web can't reach this machine: for
            them, put the server behind a public https address, and set ISSUER to that.
`

/** The one address to hand out, for each. */
function protectedServers(config: WelcomeConfig): string {
  const { issuer } = config
  const protect = protectionsOf(config)
  if (protect.length === 0) return ''
  const { port, hostname } = new URL(issuer)
  const lines = protect.map(
    (each) => `  Address   ${protectedResource(issuer, each)}
            Give it to ChatGPT, Claude, Cursor or any other app. Behind it is ${showUpstream(each.upstream)}
`,
  )
  return `${lines.join('')}${port === '' || isLoopback(hostname) ? '' : OTHER_PORT}\n`
}

/** What each console calls the field for the redirect URI. */
const FIELDS = {
  google: 'Enter it at Google as "Authorized redirect URI"',
  github: 'Enter it at GitHub as "Authorization callback URL"',
  microsoft: 'Enter it at Microsoft as "Redirect URI" of the platform Web',
  oidc: 'Enter it there as redirect URI of the client',
} as const

/** Where each provider has to send people back to. */
const providers = (config: WelcomeConfig, program: string): string =>
  configuredProviders(config)
    .map(
      ({ name, kind }) => `  Provider  ${redirectUriOf(config.issuer, name)}
            ${FIELDS[kind]}. Then: ${program} provider check ${name}
`,
    )
    .join('')

const OTHER_PORT = `            Claude on the web connects to port 443 only: give ISSUER an address without a port.
`

/** The same in one line, for a log. */
export function welcomeLine(config: WelcomeConfig): string {
  const { issuer, adminUsername } = config
  const gates = protectionsOf(config)
    .map((each) => `; apps connect to ${protectedResource(issuer, each)}, behind it is ${showUpstream(each.upstream)}`)
    .join('')
  const redirects = configuredProviders(config)
    .map(({ name }) => `; redirect URI for ${name}: ${redirectUriOf(issuer, name)}`)
    .join('')
  return `Solar System OAuth Server is ready: ${issuer} is the issuer; log in as ${adminUsername}, password: ${shownPassword(config)}; data: ${dataPlace(config)}${gates}${redirects}`
}

/** The default password is no secret, and works on this machine only. Any other one is not shown. */
function shownPassword({ adminPassword }: WelcomeConfig): string {
  const { fallback } = ConfigSchema.properties.adminPassword.variable
  return adminPassword === fallback ? adminPassword : 'as set in ADMIN_PASSWORD'
}

function dataPlace({ databaseUrl }: WelcomeConfig): string {
  const path = sqlitePathOf(databaseUrl)
  if (path === undefined) return 'in the PostgreSQL database of DATABASE_URL'
  return isInMemory(databaseUrl) ? 'only in memory, lost when the server stops' : resolve(path)
}
