/** What MCP tests need besides the authorization server: a protected MCP server, and what an SDK's client remembers. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyRequest } from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'

type Teardown = { teardown(fn: () => unknown): unknown }

export interface McpServer {
  /** Where a client connects to; also the resource that tokens must be for. */
  readonly url: string
  /** The claims of every token that was accepted. */
  readonly accepted: JWTPayload[]
}

/**
 * An MCP server on the loopback interface that publishes RFC 9728 metadata and verifies tokens by the JWKS alone. It
 * answers in plain JSON, without sessions or streams, and has one tool, `whoami`.
 *
 * @param issuer the authorization server that it trusts
 */
export async function startMcpServer(t: Teardown, issuer: string): Promise<McpServer> {
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  const jwks = createRemoteJWKSet(new URL(`${issuer}/jwks`))
  const accepted: JWTPayload[] = []
  let origin = ''

  async function verify(request: FastifyRequest): Promise<JWTPayload | undefined> {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return undefined
    const verified = await jwtVerify(token, jwks, { issuer, audience: `${origin}/mcp`, typ: 'at+jwt' }).catch(() => undefined)
    return verified?.payload
  }

  app.get('/.well-known/oauth-protected-resource/mcp', async () => ({
    resource: `${origin}/mcp`,
    authorization_servers: [issuer],
    scopes_supported: ['openid', 'profile', 'email'],
    bearer_methods_supported: ['header'],
  }))
  app.get('/mcp', async (_request, reply) => reply.code(405).header('allow', 'POST').send())
  app.post<{ Body: Message }>('/mcp', async (request, reply) => {
    const claims = await verify(request)
    if (claims === undefined) {
      const challenge = `Bearer realm="mcp", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`
      return reply.code(401).header('www-authenticate', challenge).send({ error: 'invalid_token' })
    }
    accepted.push(claims)
    const { id, method, params } = request.body
    if (id === undefined) return reply.code(202).send()
    const result = answer(method, params, claims)
    return { jsonrpc: '2.0', id, ...(result === undefined ? { error: { code: -32_601, message: 'Method not found' } } : { result }) }
  })

  await app.listen({ port: 0, host: 'localhost' })
  origin = `http://localhost:${(app.server.address() as AddressInfo).port}`
  return { url: `${origin}/mcp`, accepted }
}

interface Message {
  readonly id?: string | number
  readonly method: string
  readonly params?: { readonly protocolVersion?: string }
}

function answer(method: string, params: Message['params'], claims: JWTPayload): object | undefined {
  switch (method) {
    case 'initialize':
      return { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'planets', version: '1.0.0' } }
    case 'tools/list':
      return { tools: [{ name: 'whoami', inputSchema: { type: 'object' } }] }
    case 'tools/call':
      return { content: [{ type: 'text', text: String(claims.sub) }] }
    default:
      return undefined
  }
}

/** What a client keeps between its steps, as an SDK hands it over. */
export interface Memory<Information, Tokens, Discovery> {
  information: Information | undefined
  tokens: Tokens | undefined
  discovery: Discovery | undefined
  codeVerifier: string
  /** Where the SDK would have sent the browser last. */
  authorizationUrl: URL | undefined
  /** How often the SDK registered. */
  registrations: number
}

/**
 * An `OAuthClientProvider` of either SDK that keeps all in memory.
 *
 * @param metadata what it registers besides its name and its redirect URI, which alone is what clients of version 1 send
 */
export function createProvider<Information, Tokens, Discovery>(redirectUrl: string, metadata: { grant_types?: string[] } = {}) {
  const memory: Memory<Information, Tokens, Discovery> = {
    information: undefined,
    tokens: undefined,
    discovery: undefined,
    codeVerifier: '',
    authorizationUrl: undefined,
    registrations: 0,
  }
  return {
    memory,
    redirectUrl,
    clientMetadata: { client_name: 'MCP SDK', redirect_uris: [redirectUrl], ...metadata },
    state: () => 'state of the SDK / with + and =',
    clientInformation: () => memory.information,
    saveClientInformation(information: Information) {
      memory.information = information
      memory.registrations++
    },
    tokens: () => memory.tokens,
    saveTokens: (tokens: Tokens) => void (memory.tokens = tokens),
    codeVerifier: () => memory.codeVerifier,
    saveCodeVerifier: (verifier: string) => void (memory.codeVerifier = verifier),
    discoveryState: () => memory.discovery,
    saveDiscoveryState: (discovery: Discovery) => void (memory.discovery = discovery),
    redirectToAuthorization: (url: URL) => void (memory.authorizationUrl = url),
    invalidateCredentials(what: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery') {
      if (what === 'all' || what === 'client') memory.information = undefined
      if (what === 'all' || what === 'tokens') memory.tokens = undefined
      if (what === 'all' || what === 'discovery') memory.discovery = undefined
      if (what === 'all' || what === 'verifier') memory.codeVerifier = ''
    },
  }
}
