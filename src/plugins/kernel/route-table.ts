/**
 * The routes of this server and what they declare. Owns the look-up for requests that no route answers, the list of endpoints, and that
 * every route declares its audience; not what follows from that (cors.ts, errors.ts, discovery/).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Endpoint } from './endpoint.ts'
import type { Audience } from './route-audience.ts'

/** An endpoint, and where it is. */
export interface ListedEndpoint extends Endpoint {
  readonly methods: readonly string[]
  /** From the root of the host, with its parameters in braces. */
  readonly path: string
}

export interface RouteTable {
  /** Whom the address of a request answers, by any method; `undefined` if there is nothing at this address. */
  audienceOf(request: FastifyRequest): Audience | undefined
  /** The methods that the address of a request target answers. */
  methodsOf(target: string): readonly string[]
  /** In the order of registration; complete once the server is ready. */
  endpoints(): readonly ListedEndpoint[]
}

interface Address {
  readonly audience: Audience
  readonly methods: Set<string>
}

/** In the order of an `Allow` header. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** Methods that Fastify and cors.ts add to what a route says. */
const ADDED = ['HEAD', 'OPTIONS']

/**
 * Knows the routes that are registered from now on.
 *
 * @throws Error at their registration, if one does not name its audience
 */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const addresses = new Map<string, Address>()
  const patterns: [RegExp, Address][] = []
  const endpoints = new Map<Endpoint, string>()

  app.addHook('onRoute', ({ method, url, config: { audience, endpoint } = {} }) => {
    if (url === '*') return // the route of @fastify/cors for preflights: no address of ours
    if (audience === undefined) throw new Error(`${String(method)} ${url} does not say whom it answers: its config needs an \`audience\``)
    const address = addresses.get(url) ?? add(url, audience)
    for (const each of [method].flat()) address.methods.add(each)
    if (endpoint !== undefined) endpoints.set(endpoint, url)
  })

  function add(url: string, audience: Audience): Address {
    const address = { audience, methods: new Set<string>() }
    addresses.set(url, address)
    if (/[:*]/.test(url)) patterns.push([patternOf(url), address])
    return address
  }

  function find(target: string): Address | undefined {
    const path = pathOf(target)
    return addresses.get(path) ?? patterns.find(([pattern]) => pattern.test(path))?.[1]
  }

  function methodsOf(target: string): string[] {
    const address = find(target)
    return address === undefined ? [] : METHODS.filter((method) => address.methods.has(method))
  }

  return {
    audienceOf: (request) => request.routeOptions.config.audience ?? find(request.url)?.audience,
    methodsOf,
    endpoints: () =>
      [...endpoints].map(([endpoint, url]) => ({
        ...endpoint,
        methods: methodsOf(url).filter((method) => !ADDED.includes(method)),
        path: url.replaceAll(/:(\w+)/g, '{$1}'),
      })),
  }
}

/** The path of a request target, which may be an absolute address (RFC 9112 section 3.2.2); without query and fragment. */
export function pathOf(target: string): string {
  const path = target.split(/[?#]/, 1)[0]!
  return path.startsWith('/') ? path : path.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/'
}

/** Matches as the router does: a parameter is one segment, which may be empty, and an asterisk is all that is left. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', '\\.').replace('*', '.*').replaceAll(/:\w+/g, '[^/]*')}$`)
}
