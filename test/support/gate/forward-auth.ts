/** A server that another proxy asks, and what that proxy says of a request. */
import type { TestApp } from '../app.ts'
import { apiOf } from '../api.ts'
import type { Api, ApiResponse } from '../api.ts'
import { createApp } from '../app.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import type { Gate } from '#src/domain/gate/gate.ts'
import type { Resource } from '#src/domain/resource/resource.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

export const ISSUER = 'https://auth.example.com'
export const RESOURCE = 'https://mcp.example.com/mcp'
const ON = { FORWARD_AUTH: 'on', TRUST_PROXY: '10.0.0.0/8,127.0.0.1,::1', ADMIN_PASSWORD: 'a long passphrase of theirs' }

export interface AskOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'HEAD'
  readonly remoteAddress?: string
  /** In place of what the proxy says by itself; `undefined` leaves it out. */
  readonly headers?: Record<string, string | undefined>
}

export interface ForwardAuthScene extends Api {
  ask(token: string | undefined, options?: AskOptions): Promise<ApiResponse>
  token(identifier?: string, scopes?: string[]): Promise<string>
  change(members: Partial<Resource>, gate?: Partial<Gate>): Promise<void>
}

export async function registerResource({ storage, clock }: TestApp, identifier: string, members: Partial<Resource> = {}): Promise<void> {
  const now = clock.now
  const base = { id: `resource_${identifier}`, secretHash: '', name: 'Tools', scopes: [], createdAt: now, updatedAt: now }
  await storage.resources.insert({ ...base, identifier, ...members })
  clock.now += FRESH_MS
}

export async function createForwardAuth(t: Teardown, env: Record<string, string> = {}): Promise<ForwardAuthScene> {
  const made = await createApp(t, { ISSUER, ...ON, ...env })
  const api = apiOf(made)
  await registerResource(made, RESOURCE)
  return {
    ...api,
    ask: (token, { method = 'GET', remoteAddress = '10.1.2.3', headers = {} } = {}) =>
      made.app.inject({
        method,
        url: '/forward-auth',
        remoteAddress,
        headers: Object.fromEntries(
          Object.entries({
            host: 'solar.internal:8000',
            'x-forwarded-method': 'POST',
            'x-forwarded-proto': 'https',
            'x-forwarded-host': 'mcp.example.com',
            'x-forwarded-uri': '/mcp',
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          }).filter(([, value]) => value !== undefined),
        ) as Record<string, string>,
      }),
    async token(identifier = RESOURCE, scopes = []) {
      const client = await api.register({ token_endpoint_auth_method: 'none' })
      return (await api.tokens(client, { resources: [identifier], scopes })).access_token
    },
    async change(members, gate) {
      const before = (await made.storage.resources.findByIdentifier(RESOURCE))!
      const kept: Gate = { identity: 'none', headers: [], tools: [], ...before.gate, ...gate }
      await made.storage.resources.update({ before, after: { ...before, ...members, gate: kept, updatedAt: before.updatedAt + 1 } })
      made.clock.now += FRESH_MS
    },
  }
}
