/**
 * What of a client's headers the upstream gets: everything but what is listed here, since methods, revisions and tools of MCP bring
 * their own. Whatever could pass for a statement of ours, or for one of a proxy, goes in every spelling (threat-model.md T22).
 */
import { foldHeaderName, isFraming, namedByConnection } from './header-names.ts'
import type { Headers } from './header-names.ts'

/** Folded names. */
const OURS: ReadonlySet<string> = new Set([
  ...['authorization', 'proxy-authorization', 'dpop', 'cookie', 'cookie2', 'forwarded', 'via', 'origin', 'referer'],
  ...['x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip', 'cf-connecting-ip', 'fastly-client-ip', 'client-ip'],
  ...[
    'x-original-url',
    'x-original-uri',
    'x-original-method',
    'x-rewrite-url',
    'x-http-method',
    'x-http-method-override',
    'x-method-override',
  ],
  ...['remote-user', 'x-remote-user', 'x-user', 'x-email', 'x-groups', 'x-webauth-user', 'x-solar-assertion', 'proxy'],
])
const OUR_PREFIXES = [
  'x-auth-',
  'x-forwarded-',
  'x-authenticated-',
  'x-ms-client-principal',
  'x-goog-',
  'x-amzn-oidc-',
  'x-envoy-',
  'ssl-client-',
]

/**
 * @param reserved folded names of the headers that the gate itself adds
 * @param more what the gate adds, which wins
 */
export function forwardedHeaders(
  given: Headers,
  reserved: ReadonlySet<string>,
  more: Readonly<Record<string, string>>,
): Record<string, string | string[]> {
  const ofConnection = namedByConnection(given['connection']?.toString())
  const kept = Object.entries(given).filter(([name, value]) => {
    const folded = foldHeaderName(name)
    if (value === undefined || isFraming(name) || ofConnection.has(folded)) return false
    return !OURS.has(folded) && !reserved.has(folded) && !OUR_PREFIXES.some((prefix) => folded.startsWith(prefix))
  })
  return { ...(Object.fromEntries(kept) as Record<string, string | string[]>), ...more }
}
