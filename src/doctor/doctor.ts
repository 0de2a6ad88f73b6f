/**
 * `doctor`: examines an MCP server, or an authorization server of any make, as each client would meet it, and says for
 * each client whether it will work, or what stops it.
 */
import { CLIENTS } from './clients.ts'
import type { ClientId } from './clients.ts'
import type { DoctorContext } from './context.ts'
import { clientVerdicts, findingIn } from './diagnosis.ts'
import type { ClientVerdict, Finding } from './diagnosis.ts'
import { boundSend } from './probe/bounds.ts'
import { buildSend } from './probe/http.ts'
import { detectMcpServer } from './probe/mcp-server.ts'
import type { ResourceContext } from './probe/mcp-server.ts'
import { openNetwork } from './probe/network.ts'
import { attempt, runStep } from './probe/run-step.ts'
import { passed } from './probe/step.ts'
import type { Outcome, Step } from './probe/step.ts'
import { certificatesLast, cloudCanReach, readExpiry } from './steps/address-steps.ts'
import type { ReadExpiry } from './steps/address-steps.ts'
import { cleanUpClient, clientIsDeleted } from './steps/cleanup-step.ts'
import { imitate } from './steps/imitation-step.ts'
import { beginLogin, endLogin } from './steps/login-context.ts'
import type { LoginOptions } from './steps/login-context.ts'
import { INSTALLED_TOOLS_STEPS } from './steps/installed-tools-steps.ts'
import type { InstalledResource } from './steps/installed-tools-steps.ts'
import { LOGIN_STEPS } from './steps/login-steps.ts'
import { RESOURCE_STEPS } from './steps/resource-steps.ts'
import * as server from './steps/server-steps.ts'
import { mcpServerTakesToken } from './steps/tool-steps.ts'
import { VERIFY_STEPS } from './verify.ts'

/** Receives progress while the examination runs. */
export interface Progress {
  section(title: string): void
  outcome(title: string, outcome: Outcome): void
  /** After the last outcome. */
  end(): void
}

export interface DoctorOptions {
  /** The address of an MCP server, or an issuer; `parseIssuerUrl` has accepted it. */
  readonly url: string
  readonly progress: Progress
  /** Finishes the flow with a user; without it, the examination stops at the login page. */
  readonly login?: Omit<LoginOptions, 'signal'>
  /** Ends the examination early; registered clients are deleted all the same. */
  readonly signal?: AbortSignal
  /** Sends the requests instead of `openNetwork`. */
  readonly fetch?: typeof fetch
  readonly readExpiry?: ReadExpiry
  readonly now?: () => number
  /** The MCP servers that are registered at an authorization server, if it is the one of this machine. */
  readonly readInstalled?: (issuer: string) => Promise<readonly InstalledResource[] | undefined>
  /** The time for one request in milliseconds; 5000 by default. */
  readonly timeoutMs?: number
}

export interface Diagnosis {
  readonly url: string
  readonly kind: 'mcp-server' | 'authorization-server'
  /** The authorization server; undefined if the MCP server names none. */
  readonly issuer: string | undefined
  /** Whether anything answered: if not, nothing is known. */
  readonly checked: boolean
  /** Whether a user was asked to log in. */
  readonly withLogin: boolean
  readonly findings: readonly Finding[]
  readonly clients: readonly ClientVerdict[]
  /** The ids of registered clients that could not be deleted. */
  readonly remainingClients: readonly string[]
}

/**
 * Examines a server. Registers clients there, and deletes them if the server lets it (RFC 7592). Never throws because of what a
 * server does.
 */
export async function examine(options: DoctorOptions): Promise<Diagnosis> {
  const { url, progress, now = Date.now, signal = new AbortController().signal } = options
  const network = openNetwork(url)
  const { send, answered } = boundSend(buildSend(options.fetch ?? network.fetch, options.timeoutMs ?? 5000), now)
  const expiryOf: ReadExpiry = options.readExpiry ?? ((host, port) => readExpiry(host, port, { lookup: network.lookup }))
  const findings: Finding[] = []
  const remainingClients: string[] = []

  const mcp = await detectMcpServer(url, send)
  if (mcp) {
    progress.section(`The MCP server ${url}`)
    await run(RESOURCE_STEPS, mcp)
  }
  const issuer = mcp ? mcp.issuer : url
  if (issuer !== undefined) await examineServer({ issuer, send, tokenErrors: [], findings, remainingClients, ...(mcp && resourceOf(mcp)) })
  await examineInstallation()
  progress.end()
  const clients = clientVerdicts(findings)
  const kind = mcp ? 'mcp-server' : 'authorization-server'
  return { url, kind, issuer, checked: answered(), withLogin: options.login !== undefined, findings, clients, remainingClients }

  async function examineServer(context: DoctorContext): Promise<void> {
    progress.section(`The authorization server ${context.issuer}`)
    await run(serverSteps(expiryOf, now), context)
    progress.section('What each client does')
    for (const client of CLIENTS) await run([imitate(client)], context, client.id)
    if (options.login) {
      progress.section('Your login')
      const login = beginLogin(context, { ...options.login, signal })
      await run([...LOGIN_STEPS, mcpServerTakesToken], login)
      await attempt(url, async () => {
        await endLogin(login)
        return passed()
      })
    }
    const { registration } = context
    // Not a step, since steps don't run once the examination was ended.
    if (registration) record(clientIsDeleted.title, await attempt(url, () => cleanUpClient(registration, context)))
  }

  /** Without a word where the authorization server isn't that of this machine. */
  async function examineInstallation(): Promise<void> {
    const resources = issuer === undefined ? undefined : await options.readInstalled?.(issuer)
    if (resources === undefined || resources.length === 0) return
    progress.section('The MCP servers that are registered here')
    await run(INSTALLED_TOOLS_STEPS, resources)
  }

  async function run<C>(steps: readonly Step<C>[], context: C, client?: ClientId): Promise<void> {
    for (const step of steps) {
      if (signal.aborted) return
      const found = findings.map(({ finding }) => finding)
      record(step.title, await runStep(step, context, found, url), client)
    }
  }

  function record(title: string, outcome: Outcome, client?: ClientId): void {
    const finding = findingIn(outcome, client)
    if (finding) findings.push(finding)
    progress.outcome(title, outcome)
  }
}

function resourceOf({ url, metadata }: ResourceContext): Pick<DoctorContext, 'resource' | 'resourceUrl' | 'resourceScopes'> {
  const { resource, scopes_supported: resourceScopes } = metadata?.members ?? {}
  return { resource: typeof resource === 'string' ? resource : url, resourceUrl: url, resourceScopes }
}

function serverSteps(readExpiry: ReadExpiry, now: () => number): Step<DoctorContext>[] {
  return [
    ...VERIFY_STEPS.filter((step) => step !== clientIsDeleted),
    server.registrationAllowsBrowsers,
    server.preflightsAreAnswered,
    server.badRegistrationIsRefused,
    server.methodsAreListed,
    server.scopesAreListed,
    server.unknownClientIsNotRedirected,
    cloudCanReach,
    certificatesLast(readExpiry, now),
  ]
}
