/**
 * `doctor`: examines an MCP server, or an authorization server of any make, as each client would meet it, and says for
 * each whether it will work, or what stops it.
 */
import { clientIsDeleted } from './steps/cleanup-step.ts'
import { buildSend } from './probe/http.ts'
import type { Outcome, Step } from './probe/step.ts'
import { steps as verifySteps } from './steps/verify-steps.ts'
import { certificatesLast, cloudCanReach, type ReadExpiry, readExpiry } from './steps/address-steps.ts'
import { boundSend } from './probe/bounds.ts'
import { CLIENTS, type ClientId } from './clients.ts'
import { type DoctorContext, takeAway } from './context.ts'
import { type ClientVerdict, type Found, foundIn, judgeClients } from './diagnosis.ts'
import { imitate } from './steps/imitation-step.ts'
import { beginLogin, endLogin, type LoginOptions } from './steps/login-context.ts'
import { loginSteps } from './steps/login-steps.ts'
import { recognise, type ResourceContext } from './probe/mcp-server.ts'
import { resourceSteps } from './steps/resource-steps.ts'
import * as server from './steps/server-steps.ts'
import { mcpServerTakesToken } from './steps/tool-steps.ts'

/** Who hears of it while it goes on. */
export interface Audience {
  section(title: string): void
  outcome(title: string, outcome: Outcome): void
}

export type DoctorOptions = {
  /** The address of an MCP server, or an issuer; `parseAddress` has accepted it. */
  readonly url: string
  readonly audience: Audience
  /** Finishes the flow with a person; without it, it ends at the login page. */
  readonly login?: Omit<LoginOptions, 'signal'>
  /** Ends the examination early; what was registered is deleted nevertheless. */
  readonly signal?: AbortSignal
  /** What requests are sent with; the platform's `fetch` by default. */
  readonly fetch?: typeof fetch
  readonly readExpiry?: ReadExpiry
  readonly now?: () => number
  /** The time for one request in milliseconds; 5000 by default. */
  readonly timeoutMs?: number
}

export type Diagnosis = {
  readonly url: string
  readonly kind: 'mcp-server' | 'authorization-server'
  /** The authorization server; undefined if the MCP server names none. */
  readonly issuer: string | undefined
  /** Whether anything answered: else nothing is known. */
  readonly checked: boolean
  /** Whether a person was asked to log in. */
  readonly withLogin: boolean
  readonly findings: readonly Found[]
  readonly clients: readonly ClientVerdict[]
  /** The ids of registered clients that could not be deleted. */
  readonly left: readonly string[]
}

/**
 * Examines a server. Registers clients there, and deletes them where the server lets it (RFC 7592). Never throws for what a
 * server does.
 */
export async function examine(options: DoctorOptions): Promise<Diagnosis> {
  const { url, audience, now = Date.now, signal = new AbortController().signal } = options
  const { send, answered } = boundSend(buildSend(options.fetch ?? fetch, options.timeoutMs ?? 5000), now)
  const findings: Found[] = []
  const left: string[] = []

  const mcp = await recognise(url, send)
  if (mcp) {
    audience.section(`The MCP server ${url}`)
    await run(resourceSteps, mcp)
  }
  const issuer = mcp ? mcp.issuer : url
  if (issuer !== undefined) await examineServer({ issuer, send, tokenErrors: [], found: findings, left, ...(mcp && resourceOf(mcp)) })
  const clients = judgeClients(findings)
  const kind = mcp ? 'mcp-server' : 'authorization-server'
  return { url, kind, issuer, checked: answered(), withLogin: options.login !== undefined, findings, clients, left }

  async function examineServer(context: DoctorContext): Promise<void> {
    audience.section(`The authorization server ${context.issuer}`)
    await run(serverSteps(options.readExpiry ?? readExpiry, now), context)
    audience.section('What each client does')
    for (const client of CLIENTS) await run([imitate(client)], context, client.id)
    if (options.login) {
      audience.section('Your login')
      const login = beginLogin(context, { ...options.login, signal })
      await run([...loginSteps, mcpServerTakesToken], login)
      await endLogin(login)
    }
    // Not a step: it is done even if the examination was ended.
    if (context.registration) record(clientIsDeleted.title, await takeAway(context.registration, context))
  }

  async function run<C>(steps: readonly Step<C>[], context: C, client?: ClientId): Promise<void> {
    for (const step of steps) {
      if (signal.aborted) return
      record(step.title, await step.run(context), client)
    }
  }

  function record(title: string, outcome: Outcome, client?: ClientId): void {
    const found = foundIn(outcome, client)
    if (found) findings.push(found)
    audience.outcome(title, outcome)
  }
}

function resourceOf({ url, metadata }: ResourceContext): Pick<DoctorContext, 'resource' | 'resourceUrl' | 'resourceScopes'> {
  const { resource = url, scopes_supported: resourceScopes } = metadata?.members ?? {}
  return { resource: String(resource), resourceUrl: url, resourceScopes }
}

function serverSteps(readExpiry: ReadExpiry, now: () => number): Step<DoctorContext>[] {
  return [
    ...verifySteps.filter((step) => step !== clientIsDeleted),
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
