/**
 * What of the upstream's headers the client gets. Its answers share our origin, where the login is: it must not set cookies for it, nor
 * say anything that holds for more than this one answer (threat-model.md T22).
 */
import { foldHeaderName, isFraming, namedByConnection } from './header-names.ts'
import type { Headers } from './header-names.ts'

const DROPPED: ReadonlySet<string> = new Set([
  ...[
    'set-cookie',
    'set-cookie2',
    'set-login',
    'clear-site-data',
    'service-worker-allowed',
    'strict-transport-security',
    'alt-svc',
    'alt-used',
  ],
  ...['refresh', 'www-authenticate', 'proxy-authenticate', 'authentication-info', 'proxy-authentication-info', 'dpop-nonce'],
  ...['content-security-policy', 'content-security-policy-report-only', 'x-content-type-options', 'permissions-policy', 'origin-trial'],
  ...['nel', 'report-to', 'reporting-endpoints', 'public-key-pins', 'expect-ct', 'accept-ch', 'critical-ch', 'origin-agent-cluster'],
  ...['speculation-rules', 'sec-session-registration', 'activate-storage-access', 'location', 'link', 'sourcemap', 'timing-allow-origin'],
  ...['cdn-cache-control', 'surrogate-control', 'surrogate-key', 'expires', 'age', 'pragma'],
])

/** Nothing that the upstream sends may run as a page of our origin. */
const ADDED = { 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox' }

/** Content-Length stays: the body does, too. */
const isConnections = (name: string): boolean => isFraming(name) && foldHeaderName(name) !== 'content-length'

/** Caches between us and the client know nothing of tokens: what one client gets is for no other. */
function cachePolicy(given: string | readonly string[] | undefined): string {
  const policy = given?.toString() ?? ''
  return /\b(?:no-store|no-cache|private)\b/i.test(policy) && !/\b(?:public|s-maxage)\b/i.test(policy) ? policy : 'no-store'
}

/** @param more what the gate adds, which wins */
export function returnedHeaders(given: Headers, more: Headers): Record<string, string | string[]> {
  const ofConnection = namedByConnection(given['connection']?.toString())
  const kept = Object.entries(given).flatMap(([name, value]): [string, string | readonly string[]][] => {
    const folded = foldHeaderName(name)
    if (value === undefined || isConnections(name) || ofConnection.has(folded)) return []
    if (DROPPED.has(folded) || folded.startsWith('access-control-')) return []
    return [[name.toLowerCase(), value]]
  })
  const all = { ...Object.fromEntries(kept), 'cache-control': cachePolicy(given['cache-control']), ...ADDED, ...more }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string | string[]>
}

/** Whether a body is a stream of events, which ends only when one side wants. */
export const isEventStream = ({ 'content-type': type }: Headers): boolean =>
  /^text\/event-stream(?:[ \t]*;|$)/i.test(type?.toString() ?? '')
