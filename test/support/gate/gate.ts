/** A gate on a real socket, an upstream that the test writes, and tokens of the administrator for it. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import type { Resource } from '#src/domain/resource/resource.ts'
import type { Gate } from '#src/domain/gate/gate.ts'
import { apiOf } from '../api.ts'
import type { Api, CodeOptions, TestClient } from '../api.ts'
import { listen } from '../app.ts'
import type { TestOptions } from '../app.ts'
import { freePort } from '#src/process/free-port.ts'
import { ROOT, spawnNode } from '../processes/processes.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

export type Upstream = (request: IncomingMessage & { text: string }, response: ServerResponse) => void

/** What the upstream got, besides what it does. */
export interface UpstreamServer {
  readonly url: string
  readonly requests: (IncomingMessage & { text: string })[]
}

/** Answers after it has read the body, which is `text`. */
export async function startUpstream(t: Teardown, answer: Upstream, path = '/mcp'): Promise<UpstreamServer> {
  const requests: UpstreamServer['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const read = Object.assign(request, { text: Buffer.concat(chunks).toString() })
      requests.push(read)
      answer(read, response)
    })
    request.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://localhost:${(server.address() as AddressInfo).port}${path}`, requests }
}

/** A JSON-RPC result for whatever is asked. */
export const answerOk: Upstream = ({ text }, response) => {
  const { id = null } = (text === '' ? {} : JSON.parse(text)) as { id?: unknown }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }))
}

export interface GateScene extends Api {
  readonly issuer: string
  /** The address of the resource, which is what clients connect to. */
  readonly address: string
  readonly upstream: UpstreamServer
  /** A client of its own, unless one is given; scopes are those of the resource. */
  token(options?: Omit<CodeOptions, 'scopes'> & { client?: TestClient; scopes?: string[] }): Promise<string>
  /** With the token as bearer, and a body as JSON unless it is a string. */
  send(token: string | undefined, options?: SendOptions): Promise<Response>
  /** Changes the resource; the server sees it at once. */
  change(members: Partial<Resource>): Promise<void>
  gate(members: Partial<Gate>): Promise<void>
}

export interface SendOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export const CALL = (name: string, id: unknown = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } })
export const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
export const ACCEPT = 'application/json, text/event-stream'

export async function createGateScene(
  t: Teardown,
  answer: Upstream = answerOk,
  { env = {}, path = '/mcp', ...options }: TestOptions & { env?: Record<string, string>; path?: string } = {},
): Promise<GateScene> {
  const upstream = await startUpstream(t, answer, path)
  const made = await listen(t, { PROTECT: upstream.url, ...env }, options)
  const { issuer, storage, clock } = made
  const api = apiOf(made)
  const address = `${issuer}${path === '/' ? '/mcp' : path}`

  async function change(members: Partial<Resource>): Promise<void> {
    const before = (await storage.resources.findByIdentifier(address))!
    await storage.resources.update({ before, after: { ...before, ...members, updatedAt: before.updatedAt + 1 } })
    clock.now += FRESH_MS
  }

  return {
    ...api,
    issuer,
    address,
    upstream,
    async token({ client, scopes = [], ...options } = {}) {
      const holder = client ?? (await api.register({ token_endpoint_auth_method: 'none' }))
      const permissions = scopes.map((scope) =>
        /^(openid|profile|email|offline_access)$/.test(scope) ? scope : permissionAt(scope, address),
      )
      const { access_token } = await api.tokens(holder, { resources: [address], ...options, scopes: permissions, ...PKCE_FREE })
      return access_token
    },
    send: (token, { method = 'POST', path, headers = {}, body = method === 'POST' ? LIST : undefined, signal } = {}) =>
      fetch(path === undefined ? address : new URL(path, address), {
        method,
        redirect: 'manual',
        headers: {
          accept: ACCEPT,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body !== undefined && {
          body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
        }),
        ...(signal !== undefined && { signal }),
      }),
    change,
    async gate(members) {
      const { gate } = (await storage.resources.findByIdentifier(address))!
      await change({ gate: { identity: 'none', headers: [], tools: [], ...gate, ...members } })
    },
  }
}

const PKCE_FREE = {}

/** The reference server, over streamable HTTP, or over HTTP with SSE. */
export async function startEverything(t: Teardown, transport: 'streamableHttp' | 'sse' = 'streamableHttp'): Promise<string> {
  const port = await freePort()
  const script = `${ROOT}node_modules/@modelcontextprotocol/server-everything/dist/index.js`
  const running = spawnNode(t, script, [transport], { cwd: ROOT, env: { PORT: String(port) } })
  const url = `http://localhost:${port}${transport === 'sse' ? '/sse' : '/mcp'}`
  for (let tries = 0; tries < 400; tries++) {
    if (
      await fetch(url, { method: 'OPTIONS' }).then(
        () => true,
        () => false,
      )
    )
      return url
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`server-everything didn't start: ${running.stdout()}`)
}
