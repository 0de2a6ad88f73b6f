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

export interface GatedResource {
  readonly resource: Resource
  readonly gate: Gate
  readonly upstream: Upstream
  /** Without the host; `/` at least. */
  readonly path: string
  readonly metadataUrl: string
}

export interface GateTable {
  readonly gated: readonly GatedResource[]
  /** The resource at a path of a host, and what the path is there. */
  find(host: string, path: string): GateMatch | undefined
  /** Whether a host is that of resources, and not the issuer's. */
  isForeign(host: string): boolean
}

export interface GateMatch extends GatedResource {
  /** `metadata` is its protected resource metadata (RFC 9728); `legacy` are addresses that the upstream named (HTTP with SSE). */
  readonly at: 'mcp' | 'metadata' | 'legacy'
  /** The rest of the path, for `legacy`. */
  readonly rest: string
}

const METADATA_ROOT = '/.well-known/oauth-protected-resource'
/** Below a resource: where the addresses begin that replace those of the upstream. */
export const LEGACY = '/messages/'

/** As URLs have it. */
const normal = (host: string): string => host.toLowerCase().replace(/:(?:443|80)$/, '')

/** The address of a resource that is protected at the start. */
export const protectedResource = (issuer: string, protection: Protection): string => issuer + gatePathOf(protection)

/** @param protections upstreams that were given at the start: they win over those that are kept */
export function createGateTable(resources: readonly Resource[], protections: readonly Protection[], issuer: string): GateTable {
  const started = new Map(protections.map((each) => [resourceKey(protectedResource(issuer, each)), each.upstream]))
  const gated = resources.flatMap((resource): GatedResource[] => {
    const upstream = started.get(resourceKey(resource.identifier)) ?? resource.gate?.upstream
    if (upstream === undefined) return []
    const { identifier, gate = NO_GATE } = resource
    return [
      {
        resource,
        gate: { ...gate, tools: toolRulesOf(resource) },
        upstream,
        path: new URL(identifier).pathname,
        metadataUrl: resourceMetadataUrl(identifier),
      },
    ]
  })
  const hostOf = ({ resource }: GatedResource): string => new URL(resource.identifier).host
  const own = new URL(issuer).host
  const byHost = new Map<string, GatedResource[]>()
  for (const each of gated) byHost.set(hostOf(each), [...(byHost.get(hostOf(each)) ?? []), each])
  const matches = new Map<string, GateMatch>()
  for (const [host, there] of byHost) {
    // Clients that get no challenge ask at the root.
    if (there.length === 1) matches.set(`${host} ${METADATA_ROOT}`, { ...there[0]!, at: 'metadata', rest: '' })
    for (const each of there) {
      matches.set(`${host} ${each.path}`, { ...each, at: 'mcp', rest: '' })
      matches.set(`${host} ${new URL(each.metadataUrl).pathname}`, { ...each, at: 'metadata', rest: '' })
    }
  }
  const isForeign = (host: string): boolean => normal(host) !== own && byHost.has(normal(host))

  return {
    gated,
    isForeign,
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
