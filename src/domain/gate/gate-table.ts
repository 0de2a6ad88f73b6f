/** Which resource a request to this server is for, where the server forwards it: by its host and its exact path (threat-model.md T22). */
import { resourceMetadataUrl } from '../protocol/discovery-urls.ts'
import { resourceKey } from '../protocol/resource-indicator.ts'
import { toolRulesOf } from '../resource/tools.ts'
import type { Resource } from '../resource/resource.ts'
import { NO_GATE } from './gate.ts'
import type { Upstream } from './command/command.ts'
import type { Gate } from './gate.ts'
import { gatePathOf } from './gate-path.ts'
import type { Protection } from './upstream-address.ts'

/** A resource whose requests need a token of ours. */
export interface GuardedResource {
  readonly resource: Resource
  readonly gate: Gate
  /** Without the host; `/` at least. */
  readonly path: string
  readonly metadataUrl: string
}

/** One whose requests this server itself passes on. */
export interface GatedResource extends GuardedResource {
  readonly upstream: Upstream
}

export interface GateTable {
  readonly gated: readonly GatedResource[]
  /** The resource at a path of a host, and what the path is there. */
  find(host: string, path: string): GateMatch | GuardedMatch | undefined
  /** The resource that a proxy asks about: at this very host, the nearest one at or above the path. */
  findGuarded(host: string, path: string): GuardedResource | undefined
  /** Whether a host is that of resources, and not the issuer's. */
  isForeign(host: string): boolean
}

export interface GateMatch extends GatedResource {
  /** `metadata` is its protected resource metadata (RFC 9728); `legacy` are addresses that the upstream named (HTTP with SSE). */
  readonly at: 'mcp' | 'metadata' | 'legacy'
  /** The rest of the path, for `legacy`. */
  readonly rest: string
}

/** A resource whose requests another proxy passes on: all that is here is its metadata. */
export interface GuardedMatch extends GuardedResource {
  readonly at: 'elsewhere' | 'metadata'
}

const METADATA_ROOT = '/.well-known/oauth-protected-resource'
/** Below a resource: where the addresses begin that replace those of the upstream. */
export const LEGACY = '/messages/'

/** As URLs have it. */
const normal = (host: string): string => host.toLowerCase().replace(/:(?:443|80)$/, '')

/** The address of a resource that is protected at the start. */
export const protectedResource = (issuer: string, protection: Protection): string => issuer + gatePathOf(protection)

/**
 * @param protections upstreams that were given at the start: they win over those that are kept
 * @param isAsked whether proxies ask about resources that they pass on themselves
 */
export function createGateTable(
  resources: readonly Resource[],
  protections: readonly Protection[],
  issuer: string,
  isAsked = false,
): GateTable {
  const started = new Map(protections.map((each) => [resourceKey(protectedResource(issuer, each)), each.upstream]))
  const all = resources.map((resource): GuardedResource & { readonly upstream: Upstream | undefined } => {
    const { identifier, gate = NO_GATE } = resource
    const upstream = started.get(resourceKey(identifier)) ?? gate.upstream
    return {
      resource,
      gate: { ...gate, tools: toolRulesOf(resource) },
      upstream,
      path: new URL(identifier).pathname,
      metadataUrl: resourceMetadataUrl(identifier),
    }
  })
  const gated = all.flatMap(({ upstream, ...each }): GatedResource[] => (upstream === undefined ? [] : [{ ...each, upstream }]))
  const asked = all.flatMap(({ upstream, ...each }): GuardedResource[] =>
    isAsked && upstream === undefined && new URL(each.resource.identifier).search === '' ? [each] : [],
  )
  const hostOf = ({ resource }: GuardedResource): string => new URL(resource.identifier).host
  const own = new URL(issuer).host
  const byHost = new Map<string, (GatedResource | GuardedResource)[]>()
  for (const each of [...gated, ...asked]) byHost.set(hostOf(each), [...(byHost.get(hostOf(each)) ?? []), each])
  const matches = new Map<string, GateMatch | GuardedMatch>()
  for (const [host, there] of byHost) {
    // Clients that get no challenge ask at the root.
    if (there.length === 1) matches.set(`${host} ${METADATA_ROOT}`, { ...there[0]!, at: 'metadata', rest: '' })
    for (const each of there) {
      matches.set(`${host} ${each.path}`, 'upstream' in each ? { ...each, at: 'mcp', rest: '' } : { ...each, at: 'elsewhere' })
      matches.set(`${host} ${new URL(each.metadataUrl).pathname}`, { ...each, at: 'metadata', rest: '' })
    }
  }
  const isForeign = (host: string): boolean => normal(host) !== own && byHost.has(normal(host))

  return {
    gated,
    isForeign,
    findGuarded(host, path) {
      const above = asked.filter((each) => hostOf(each) === normal(host) && isAtOrBelow(path, each.path))
      return above.sort((a, b) => b.path.length - a.path.length)[0]
    },
    find(requested, path) {
      // As everywhere in this server, a name that isn't known counts as the issuer's.
      const host = isForeign(requested) ? normal(requested) : own
      const found = matches.get(`${host} ${path}`)
      if (found !== undefined || !path.includes(LEGACY)) return found
      const above = path.indexOf(LEGACY)
      const resource = matches.get(`${host} ${path.slice(0, above) || '/'}`)
      return resource?.at === 'mcp' ? { ...resource, at: 'legacy', rest: path.slice(above + LEGACY.length) } : undefined
    },
  }
}

const isAtOrBelow = (path: string, base: string): boolean => `${path}/`.startsWith(base.endsWith('/') ? base : `${base}/`)
