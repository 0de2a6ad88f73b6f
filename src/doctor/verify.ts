/** `verify`: asks an authorization server, of any make, what MCP clients will ask of it, and says what they would stumble over. */
import { buildSend } from './probe/http.ts'
import { parseIssuerUrl } from './probe/issuer-url.ts'
import { renderRefusal, renderSummary } from './outcome-report.ts'
import { runSteps } from './run-steps.ts'
import { steps } from './steps/verify-steps.ts'

export type VerifyOptions = {
  /** The issuer as people give it to clients; a trailing slash is dropped. */
  url: string
  /** What requests are sent with; the platform's `fetch` by default. */
  fetch?: typeof fetch
  /** Takes one line of the report, without its line end. */
  write: (line: string) => void
  /** Whether lines hold ANSI colours. */
  color: boolean
  /** The time for one request in milliseconds; 5000 by default. */
  timeoutMs?: number
}

/**
 * Verifies a server and writes the report. Registers one client there, and deletes it if the server lets it (RFC 7592).
 *
 * @returns true if nothing failed; notes and skipped steps alone don't count as failures. Network errors are reported, not thrown.
 */
export async function verify(options: VerifyOptions): Promise<boolean> {
  const { url, write, color, timeoutMs = 5000 } = options
  const parsed = parseIssuerUrl(url)
  if (!parsed.ok) {
    write(renderRefusal(parsed.sentence, color))
    return false
  }
  const send = buildSend(options.fetch ?? fetch, timeoutMs)
  write(`Verifying ${parsed.issuer}`)
  write('')
  const tally = await runSteps(steps, { issuer: parsed.issuer, send, tokenErrors: [] }, write, color)
  write('')
  write(renderSummary(tally, color))
  return tally.failed === 0
}
