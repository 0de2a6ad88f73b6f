/** Requests to an MCP server (Streamable HTTP): one JSON-RPC message each, answered as JSON or as an event stream. */
import { createParser } from 'eventsource-parser'
import { BROWSER_ORIGIN, mediaType } from './expectations.ts'
import type { Reply, Send, Sent } from './http.ts'
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

export function callMcp(send: Send, url: string, message: Message, headers: Readonly<Record<string, string>> = {}): Promise<Sent> {
  return send({
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
    ...(message.id !== undefined && { until: seesAnswer(message.id) }),
  })
}

/** The JSON-RPC response in a reply; undefined if there is none. */
export function readResponse(reply: Reply, id: number): Members | undefined {
  if (mediaType(reply) !== 'text/event-stream') return parse(reply.body).find((message) => answers(message, id))
  let response: Members | undefined
  const read = createEventReader((message) => {
    if (answers(message, id)) response ??= message
  })
  read(reply.body.replace(/^\ufeff/, ''))
  // The parser waits for the line feed that may follow a carriage return; at the end of a stream none does.
  if (reply.body.endsWith('\r')) read('\n')
  return response
}

/** Takes a body in chunks, and says whether the answer was in what came so far. */
function seesAnswer(id: number): (chunk: Uint8Array) => boolean {
  const decoder = new TextDecoder()
  let seen = false
  const read = createEventReader((message) => (seen ||= answers(message, id)))
  return (chunk) => {
    read(decoder.decode(chunk, { stream: true }))
    return seen
  }
}

/** Takes an event stream in pieces. Like clients, it ignores events of other types than `message`. */
function createEventReader(onMessage: (message: Members) => void): (text: string) => void {
  const parser = createParser({
    onEvent({ event = 'message', data }) {
      if (event === 'message') parse(data).forEach(onMessage)
    },
  })
  return (text) => parser.feed(text)
}

const answers = (message: Members, id: number): boolean => message['jsonrpc'] === '2.0' && message['id'] === id

/** The message in a text, or none. */
function parse(text: string): Members[] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? [value as Members] : []
  } catch {
    return []
  }
}
