/** Requests to an MCP server (Streamable HTTP): one JSON-RPC message each, answered as JSON or as an event stream. */
import type { Call, Reply, Send, Sent } from './http.ts'
import { BROWSER_ORIGIN, mediaType } from './expectations.ts'
import type { Members } from './step.ts'

const PROTOCOL_VERSION = '2025-11-25'

export const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'solar-system doctor', version: '1' } },
} as const

export interface Message {
  /** Absent for a notification, which has no answer. */
  readonly id?: number
  readonly method: string
  readonly params?: object
}

export function callMcp(send: Send, url: string, message: Message, headers: Record<string, string> = {}): Promise<Sent> {
  const call: Call = {
    url,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': PROTOCOL_VERSION,
      origin: BROWSER_ORIGIN,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    // A stream may stay open after the answer.
    until: (body) => messagesOf(body).some(({ id }) => id !== undefined && id === message.id),
  }
  return send(call)
}

/** The JSON-RPC response in a reply; undefined if there is none. */
export function readResponse(reply: Reply, id: number): Members | undefined {
  const messages = mediaType(reply) === 'text/event-stream' ? messagesOf(reply.body) : parse(reply.body)
  return messages.find((message) => message['jsonrpc'] === '2.0' && message['id'] === id)
}

/** The messages of an event stream, of which each is one line of data. */
const messagesOf = (body: string): Members[] => [...body.matchAll(/^data: ?(\{.*\})\r?$/gm)].flatMap(([, data]) => parse(data!))

function parse(text: string): Members[] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? [value as Members] : []
  } catch {
    return []
  }
}
