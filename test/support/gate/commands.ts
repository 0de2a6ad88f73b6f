/** A gate with a command behind it, on a real socket; and what a client of streamable HTTP reads of it. */
import type { ProcessRules } from '#src/domain/gate/command/command.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { apiOf } from '../api.ts'
import type { Api } from '../api.ts'
import { listen } from '../app.ts'
import type { TestApp, TestOptions } from '../app.ts'
import { ACCEPT } from './gate.ts'
import { ROOT } from '../processes/processes.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

// Without what tap adds to every process of Node, it starts in a fifth of the time.
export const ODD = `env -u NODE_OPTIONS ${process.execPath} ${ROOT}test/support/gate/odd-command.mjs`

export interface CommandScene extends Api, TestApp {
  readonly address: string
  readonly lines: Record<string, unknown>[]
  token(username?: string): Promise<string>
  send(token: string, body: unknown, headers?: Record<string, string>, method?: string): Promise<Response>
  open(token: string, revision?: string): Promise<CommandSession>
  rules(rules: Partial<ProcessRules>): Promise<void>
}

export interface CommandSession {
  readonly id: string
  /** The pid of its process. */
  readonly pid: number
  /** The last message of the answer. */
  call(name: string, args?: object, more?: object): Promise<Message>
  send(body: unknown, method?: string): Promise<Response>
}

export interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: { readonly content?: readonly { readonly text: string }[]; readonly [member: string]: unknown }
  readonly error?: { readonly code: number; readonly message: string }
}

export async function createCommandScene(
  t: Teardown,
  { mode = 'good', env = {}, ...options }: TestOptions & { mode?: string; env?: Record<string, string> } = {},
): Promise<CommandScene> {
  const lines: Record<string, unknown>[] = []
  const logger = { level: 'info', stream: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) } }
  const made = await listen(t, { PROTECT_COMMAND: `${ODD} ${mode}`, ...env }, { logger, ...options })
  const api = apiOf(made)
  const address = `${made.issuer}/mcp`

  const send: CommandScene['send'] = (token, body, headers = {}, method = 'POST') =>
    fetch(address, {
      method,
      headers: {
        ...{
          accept: ACCEPT,
          authorization: `Bearer ${token}`,
          ...(method === 'POST' && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })

  return {
    ...made,
    ...api,
    address,
    lines,
    send,
    async token(username) {
      const client = await api.register({ token_endpoint_auth_method: 'none' })
      return (await api.tokens(client, { resources: [address], ...(username !== undefined && { userId: `id of ${username}` }) }))
        .access_token
    },
    async open(token, revision = '2025-11-25') {
      const initialize = {
        jsonrpc: '2.0',
        id: 0,
        method: 'initialize',
        params: { protocolVersion: revision, capabilities: {}, clientInfo: {} },
      }
      const opened = await send(token, initialize)
      const id = opened.headers.get('mcp-session-id')!
      const { result } = last(await messagesOf(opened)) as { result: { serverInfo: { version: string } } }
      const inSession = (body: unknown, method = 'POST') => send(token, body, { 'mcp-session-id': id }, method)
      await inSession({ jsonrpc: '2.0', method: 'notifications/initialized' })
      let ids = 0
      return {
        id,
        pid: Number(result.serverInfo.version),
        send: inSession,
        call: async (name, args = {}, more = {}) =>
          last(
            await messagesOf(
              await inSession({ jsonrpc: '2.0', id: `call ${++ids}`, method: 'tools/call', params: { name, arguments: args, ...more } }),
            ),
          ),
      }
    },
    async rules(rules) {
      const before = (await made.storage.resources.findByIdentifier(address))!
      const gate = {
        identity: 'none' as const,
        headers: [],
        tools: [],
        ...before.gate,
        process: { per: 'person' as const, env: [], ...rules },
      }
      await made.storage.resources.update({ before, after: { ...before, gate, updatedAt: before.updatedAt + 1 } })
      made.clock.now += FRESH_MS
    },
  }
}

const last = <T>(list: readonly T[]): T => list.at(-1)!

/** The messages of an answer, whether they came as events or as JSON. */
export async function messagesOf(response: Response): Promise<Message[]> {
  const text = await response.text()
  if (!/event-stream/.test(response.headers.get('content-type') ?? '')) return text === '' ? [] : [JSON.parse(text) as Message].flat()
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as Message)
}

/** What a tool said. */
export const said = <T>({ result }: Message): T => JSON.parse(result!.content![0]!.text) as T

/** Resolves once no process has this pid, or its group. */
export async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    if (!isAlive(pid)) return true
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return false
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
