/**
 * An MCP server and its authorization server at public addresses, without a socket. They pass the doctor, and a test breaks them
 * in one place. Not a test itself.
 */
import { createHash, randomUUID } from 'node:crypto'
import { answerTo, json, routeOf } from '#test/doctor/fixture-server.ts'
import type { Answer, Asked, Breakage, Fixture, Route } from '#test/doctor/fixture-server.ts'

export interface WorldOptions {
  readonly mcp?: string
  readonly issuer?: string
  /** The only way by which its clients authenticate. */
  readonly method?: Fixture['method']
  /** Throws instead of answering, as `fetch` does. */
  readonly fails?: (route: Route) => Error | undefined
}

export interface World {
  readonly mcp: string
  readonly issuer: string
  readonly fetch: typeof fetch
  readonly asked: [Route, Asked][]
  readonly clients: Fixture['clients']
  /** Opens the address as a user who allows everything. Returns the redirect to the client. */
  approve(authorizationUrl: string): string
}

const preflighted: Answer = {
  status: 204,
  headers: {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-allow-headers': 'Authorization, Content-Type, MCP-Protocol-Version',
  },
  body: '',
}

export function createWorld(breakage: Breakage = (_, answer) => answer, options: WorldOptions = {}): World {
  const { mcp = 'https://mcp.example/mcp', issuer = 'https://auth.example', method = 'none', fails } = options
  const fixture: Fixture = { issuer, method, asked: [], clients: new Map() }
  const codes = new Map<string, URLSearchParams>()
  const tokens = new Set<string>()
  const metadataUrl = `${new URL(mcp).origin}/.well-known/oauth-protected-resource/mcp`

  function find({ method, url, body }: Asked): Route {
    const form = new URLSearchParams(body)
    if (method === 'OPTIONS') return 'preflight'
    if (url.href === mcp) return 'mcp'
    if (url.href === metadataUrl) return 'resource'
    if (url.href.startsWith(`${issuer}/approve`)) return 'approve'
    if (url.href === `${issuer}/revoke`) return 'revoke'
    const route = url.origin === issuer ? routeOf({ method, url, headers: {}, body }, '') : 'nowhere'
    if (route === 'register' && body.includes('"redirect_uris":[]')) return 'bad-registration'
    if (route === 'token' && codes.has(form.get('code') ?? '')) return 'exchange'
    return route === 'token' && form.get('grant_type') === 'refresh_token' ? 'refresh' : route
  }

  function answer(route: Route, asked: Asked): Answer {
    const form = new URLSearchParams(asked.body)
    switch (route) {
      case 'preflight':
        return preflighted
      case 'resource':
        return json(200, { resource: mcp, authorization_servers: [issuer], scopes_supported: ['a'] })
      case 'mcp':
        return answerMcp(asked)
      case 'approve':
        return approved(asked.url.searchParams)
      case 'revoke':
        return json(200, {})
      case 'bad-registration':
        return json(400, { error: 'invalid_redirect_uri' })
      case 'exchange': {
        const request = codes.get(form.get('code')!)!
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url')
        const isRight = challenge === request.get('code_challenge') && form.get('redirect_uri') === request.get('redirect_uri')
        return isRight ? issueTokens() : json(400, { error: 'invalid_grant' })
      }
      case 'refresh':
        return issueTokens()
      case 'oauth':
      case 'oidc': {
        const plain = answerTo(route, asked, fixture)
        const methods = { token_endpoint_auth_methods_supported: [method] }
        const more = { ...methods, scopes_supported: ['a', 'b'], revocation_endpoint: `${issuer}/revoke` }
        return { ...plain, body: JSON.stringify({ ...(JSON.parse(plain.body) as object), ...more }) }
      }
      default:
        return answerTo(route, asked, fixture)
    }
  }

  function approved(request: URLSearchParams): Answer {
    const code = randomUUID()
    codes.set(code, request)
    const location = new URL(request.get('redirect_uri')!)
    location.search = new URLSearchParams({ code, state: request.get('state')!, iss: issuer }).toString()
    return { status: 302, headers: { location: location.href }, body: '' }
  }

  function issueTokens(): Answer {
    const token = `e30.${Buffer.from(JSON.stringify({ aud: mcp, jti: randomUUID() })).toString('base64url')}.c2ln`
    tokens.add(token)
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: 3600, refresh_token: randomUUID(), scope: 'a b' })
  }

  function answerMcp({ headers, method, body }: Asked): Answer {
    if (!tokens.has(headers.authorization?.replace('Bearer ', '') ?? '')) {
      const challenge = {
        'www-authenticate': `Bearer resource_metadata="${metadataUrl}"`,
        'access-control-expose-headers': 'WWW-Authenticate',
      }
      const refused = json(401, { error: 'invalid_token' })
      return { ...refused, headers: { ...refused.headers, ...challenge } }
    }
    if (method === 'DELETE') return { status: 204, headers: {}, body: '' }
    if (method === 'GET') return json(405, { error: 'no stream here' })
    const message = JSON.parse(body) as { id?: number; method: string; params?: { protocolVersion?: string } }
    if (message.id === undefined) return { status: 202, headers: {}, body: '' }
    const results: Record<string, object> = {
      initialize: { protocolVersion: message.params?.protocolVersion, capabilities: {}, serverInfo: { name: 'world', version: '1' } },
      'tools/list': { tools: [{ name: 'paint', inputSchema: { required: ['color'] } }, { name: 'whoami' }] },
      'tools/call': { content: [{ type: 'text', text: 'helen' }] },
    }
    const result = json(200, { jsonrpc: '2.0', id: message.id, result: results[message.method] })
    return { ...result, headers: { ...result.headers, 'mcp-session-id': 'session' } }
  }

  function respond(asked: Asked): Answer | 'silence' | 'drop' {
    const route = find(asked)
    fixture.asked.push([route, asked])
    const failure = fails?.(route)
    if (failure) throw new TypeError('fetch failed', { cause: failure })
    return breakage(route, answer(route, asked), asked, issuer)
  }

  return {
    mcp,
    issuer,
    asked: fixture.asked,
    clients: fixture.clients,
    async fetch(input, init = {}) {
      const headers = Object.fromEntries(new Headers(init.headers))
      const came = respond({ method: init.method ?? 'GET', url: new URL(String(input)), headers, body: String(init.body ?? '') })
      if (came === 'drop') throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
      if (came === 'silence') return await silence(init.signal!)
      return new Response(came.body === '' ? null : came.body, { status: came.status, headers: came.headers })
    },
    approve(authorizationUrl) {
      const url = new URL(`${issuer}/approve${new URL(authorizationUrl).search}`)
      const came = respond({ method: 'GET', url, headers: {}, body: '' })
      if (typeof came === 'string') throw new Error(came)
      return came.headers['location']!
    },
  }
}

/** Never answers. The timer keeps the process alive; the timeout of a signal doesn't. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const alive = setTimeout(() => undefined, 10_000)
    signal.addEventListener('abort', () => {
      clearTimeout(alive)
      reject(signal.reason as Error)
    })
  })
}
