/** Expectations that several steps share: JSON, no nulls, CORS, usable endpoints; and what an unexpected status usually means. */
import type { FindingId } from '../findings.ts'
import type { Reply } from './http.ts'
import { leadsToPrivateHost } from '../../fetch/private-host.ts'
import { shown } from './shown.ts'
import { failed, passed } from './step.ts'
import type { Context, Members, Outcome } from './step.ts'

/** The origin that our requests send: that of MCP Inspector in a browser. A server that echoes the origin must get one. */
export const BROWSER_ORIGIN = 'http://localhost:6274'

/** The media type without its parameters, in lower case; empty if there is none. */
export function mediaType(reply: Reply): string {
  return (reply.headers.get('content-type') ?? '').split(';', 1).join().trim().toLowerCase()
}

/** The JSON object in a body, or words for what is there instead. */
export function parseObject(reply: Reply): { ok: true; members: Members } | { ok: false; received: string } {
  if (reply.truncated) return { ok: false, received: 'a body larger than 256 KB, which was not read to its end' }
  try {
    const value: unknown = JSON.parse(reply.body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ok: true, members: value as Members }
    return { ok: false, received: 'JSON, but not an object' }
  } catch {
    const type = mediaType(reply)
    return { ok: false, received: reply.body === '' ? 'an empty body' : `a body that is not JSON${type ? ` (${type})` : ''}` }
  }
}

/** The error in a refusal, to be appended to its status. Nothing else of the body is shown, since it may hold a secret. */
export function errorIn(reply: Reply): string {
  const parsed = parseObject(reply)
  if (!parsed.ok || typeof parsed.members['error'] !== 'string') return ''
  const { error, error_description: description } = parsed.members
  return ` with error "${error}"${typeof description === 'string' ? ` (${description})` : ''}`
}

/** The MCP SDKs refuse a document that has null for an optional member. */
export function expectNoNulls(finding: FindingId, reply: Reply, members: Members): Outcome {
  const nulls = Object.keys(members).filter((name) => members[name] === null)
  if (nulls.length === 0) return passed()
  return failed(reply, {
    finding,
    expected: 'no member that is null',
    received: `null in ${nulls.join(', ')}`,
    advice: 'Leave members without a value out: the MCP SDKs refuse the whole document for a null.',
  })
}

/** Whether a page on another origin may read this reply. */
export function expectCors(finding: FindingId, reply: Reply): Outcome {
  const allowed = reply.headers.get('access-control-allow-origin')
  if (allowed === '*' || allowed === BROWSER_ORIGIN) return passed()
  return failed(reply, {
    finding,
    expected: `Access-Control-Allow-Origin: * (asked by ${BROWSER_ORIGIN})`,
    received: allowed === null ? 'no Access-Control-Allow-Origin header' : `Access-Control-Allow-Origin: ${allowed}`,
    advice:
      'Send `Access-Control-Allow-Origin: *` without credentials, on errors too; otherwise clients that run in a browser are blocked.',
  })
}

/**
 * What is wrong with the address of an endpoint (RFC 8414 section 2), in words; undefined if it can be used. Since the address
 * comes from the server under test, only http(s) is ever asked, and nothing private if the server is public.
 */
export function endpointProblem(value: unknown, issuer: string): { finding: FindingId; words: string } | undefined {
  const unusable = (words: string) => ({ finding: 'endpoint-unusable' as const, words })
  if (typeof value !== 'string') return unusable(`it is ${value === undefined ? value : shown(value)}, not a string`)
  if (!URL.canParse(value)) return unusable(`"${value}" is not an absolute URL`)
  const url = new URL(value)
  if (!/^https?:$/.test(url.protocol)) return unusable(`"${value}" is neither http nor https`)
  if (url.username || url.password) return unusable(`"${value}" holds credentials`)
  if (value.includes('#')) return unusable(`"${value}" has a fragment`)
  if (leadsToPrivateHost(issuer, value))
    return { finding: 'endpoint-private', words: `"${value}" is a private address, though the issuer is public` }
  if (issuer.startsWith('https:') && url.protocol !== 'https:')
    return { finding: 'endpoint-plain-http', words: `"${value}" is plain http, though the issuer is https` }
  return undefined
}

/** The address of an endpoint, if the metadata names one that can be used. */
export function usableEndpoint(context: Context, name: string): string | undefined {
  const value = context.metadata?.members[name]
  return typeof value === 'string' && !endpointProblem(value, context.issuer) ? value : undefined
}

/** What an unexpected status usually means. */
export function adviceForStatus(status: number): string {
  if (status >= 500) return "Look at the server's log; if a proxy answered, check whether it reaches the server."
  if (status === 429)
    return 'The rate limit was reached. Wait a while and run this again; hosted clients share addresses, so limits need room.'
  if (status === 404 || status === 405)
    return 'Nothing answers this method here. Check that the route exists and that a proxy lets it through.'
  if (status === 401 || status === 403)
    return 'This must be open to everybody. Check whether a proxy, a firewall or a bot protection blocks it.'
  if (status >= 300 && status < 400) return 'Clients do not follow redirects here. Publish the final address in the metadata.'
  return 'Compare with what was expected; the error in the body says what the server did not like.'
}
