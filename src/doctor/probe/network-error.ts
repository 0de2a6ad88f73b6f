/** Turns what `fetch` throws into a sentence and advice, so that nobody has to read `TypeError: fetch failed`. */
import type { FindingId } from '../findings.ts'

export interface Explanation {
  readonly finding: FindingId
  /** Why no answer came. */
  readonly sentence: string
  readonly advice: string
}

const CERTIFICATE_FINDINGS: Readonly<Record<string, FindingId>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-wrong-name',
}
const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/

/**
 * @param error what the request threw
 * @param url the address that was asked
 * @param timeoutMs the time that the request had, in milliseconds
 */
export function explainNetworkError(error: unknown, url: string, timeoutMs: number): Explanation {
  const { code, name, message } = innermost(error)
  const host = URL.canParse(url) ? new URL(url).host : url
  if (name === 'TimeoutError' || code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return {
      finding: 'too-slow',
      sentence: `${host} did not answer completely within ${timeoutMs / 1000} s.`,
      advice: 'Check whether the server hangs or a firewall drops the packets; clients give up as well.',
    }
  }
  if (code === 'ECONNREFUSED') {
    return {
      finding: 'no-answer',
      sentence: `Nothing listens at ${host} (connection refused).`,
      advice: 'Start the server, or correct the host and the port.',
    }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      finding: 'no-answer',
      sentence: `The name in ${host} cannot be found (DNS).`,
      advice: 'Correct the name, or wait until its DNS record is published.',
    }
  }
  if (code === 'ERR_INSIDE_ADDRESS') {
    return {
      finding: 'endpoint-private',
      sentence: `${message}.`,
      advice: 'Publish the public address: a public server must not send clients into a private network.',
    }
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return {
      finding: 'no-answer',
      sentence: `There is no network route to ${host}.`,
      advice: 'Check the network, the VPN and the address.',
    }
  }
  if (TLS_CODE.test(code)) {
    return {
      finding: CERTIFICATE_FINDINGS[code] ?? 'certificate-untrusted',
      sentence: `The TLS connection to ${host} failed: ${message}.`,
      advice: 'Clients demand a valid certificate for this name. If the server speaks plain http here, use an http:// address.',
    }
  }
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') {
    return {
      finding: 'no-answer',
      sentence: `${host} closed the connection without a complete answer.`,
      advice: "Look at the server's log; a server that expects https closes plain http connections like this.",
    }
  }
  if (code.startsWith('HPE_')) {
    return {
      finding: 'no-answer',
      sentence: `${host} does not answer in HTTP: ${message}.`,
      advice: 'Another service listens on this port; correct the address.',
    }
  }
  return { finding: 'no-answer', sentence: `The request to ${host} failed: ${message}.`, advice: 'Check the address.' }
}

/** The most specific cause: `fetch` wraps it, and a host with two addresses has one for each. */
function innermost(error: unknown): { readonly code: string; readonly name: string; readonly message: string } {
  let current = error
  // Bounded, because a cause may point to itself.
  for (let depth = 0; depth < 5; depth++) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0]
    else if (current instanceof Error && current.cause instanceof Error) current = current.cause
    else break
  }
  if (!(current instanceof Error)) return { code: '', name: '', message: String(current) }
  const code = 'code' in current && typeof current.code === 'string' ? current.code : ''
  return { code, name: current.name, message: current.message.trim().replace(/\.$/, '') }
}
