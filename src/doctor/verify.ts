/** `verify`: asks an authorization server, of any make, what MCP clients will ask of it, and reports what they would stumble over. */
import type { FindingId } from './findings.ts'
import { renderOutcome, renderRefusal, renderSummary } from './outcome-report.ts'
import type { Tally } from './outcome-report.ts'
import { buildSend } from './probe/http.ts'
import { parseIssuerUrl } from './probe/issuer-url.ts'
import { openNetwork } from './probe/network.ts'
import { runStep } from './probe/run-step.ts'
import type { Context, Outcome, Step } from './probe/step.ts'
import { authorizationLeadsToLogin } from './steps/authorization-step.ts'
import { clientIsDeleted } from './steps/cleanup-step.ts'
import { metadataIsFound } from './steps/discovery-step.ts'
import { keysAreReadable } from './steps/jwks-step.ts'
import * as metadata from './steps/metadata-steps.ts'
import * as registration from './steps/registration-steps.ts'
import { madeUpCodeIsRefused, tokenErrorsAllowBrowsers, unknownClientIsRefused } from './steps/token-steps.ts'

/** In the order of a client's first connection. */
export const VERIFY_STEPS: readonly Step[] = [
  metadataIsFound,
  metadata.metadataIsJson,
  metadata.metadataHasNoNull,
  metadata.issuerEqualsUrl,
  metadata.registrationEndpoint,
  metadata.authorizationEndpoint,
  metadata.tokenEndpoint,
  metadata.pkceIsSupported,
  metadata.codeFlowIsSupported,
  metadata.issIsAnnounced,
  metadata.metadataAllowsBrowsers,
  keysAreReadable,
  registration.clientRegisters,
  registration.redirectUrisAreEchoed,
  registration.registrationHasNoNull,
  registration.registrationIsNotStored,
  authorizationLeadsToLogin,
  unknownClientIsRefused,
  madeUpCodeIsRefused,
  tokenErrorsAllowBrowsers,
  clientIsDeleted,
]

/** Hears how a step ended. */
export type OnOutcome = (title: string, outcome: Outcome) => void

export interface VerifyOptions {
  /** The issuer as people give it to clients; a trailing slash is dropped. */
  readonly url: string
  /** Sends the requests instead of `openNetwork`. */
  readonly fetch?: typeof fetch
  /** Takes one line of the report, without its line end. */
  readonly write: (line: string) => void
  /** Whether lines may hold ANSI colours. */
  readonly color: boolean
  /** The address of the causes and cures of findings. */
  readonly cures?: string
  /** Gets each outcome as well, for programs. */
  readonly onOutcome?: OnOutcome
  /** The time for one request in milliseconds; 5000 by default. */
  readonly timeoutMs?: number
}

/**
 * Verifies a server and writes the report. Registers one client there, and deletes it if the server lets it (RFC 7592).
 *
 * @returns true if nothing failed; notes and skipped steps are not failures. Network errors are reported, not thrown.
 */
export async function verify(options: VerifyOptions): Promise<boolean> {
  const { url, write, color, timeoutMs = 5000 } = options
  const parsed = parseIssuerUrl(url)
  if (!parsed.ok) {
    write(renderRefusal(parsed.sentence, color))
    return false
  }
  const send = buildSend(options.fetch ?? openNetwork(parsed.issuer).fetch, timeoutMs)
  write(`Verifying ${parsed.issuer}`)
  write('')
  const tally = await runSteps({ issuer: parsed.issuer, send, tokenErrors: [] }, (title, outcome) => {
    for (const line of renderOutcome(title, outcome, color, options.cures)) write(line)
    options.onOutcome?.(title, outcome)
  })
  write('')
  write(renderSummary(tally, color))
  return tally.failed === 0
}

/** Runs the steps one after another and reports each as it ends. */
async function runSteps(context: Context, onOutcome: OnOutcome): Promise<Tally> {
  const tally: Record<keyof Tally, number> = { passed: 0, failed: 0, skipped: 0, note: 0 }
  const found: FindingId[] = []
  for (const step of VERIFY_STEPS) {
    const outcome = await runStep(step, context, found, context.issuer)
    tally[outcome.kind] += 1
    if (outcome.kind === 'failed') found.push(outcome.finding)
    onOutcome(step.title, outcome)
  }
  return tally
}
