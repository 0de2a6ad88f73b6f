/**
 * The answer to a request whose messages come from a command: JSON where the response is all there is, a stream of events otherwise. Owns how
 * messages look over HTTP; not which messages these are (conversation.ts).
 */
import { Readable } from 'node:stream'
import type { UpstreamAnswer } from '../upstream.ts'

/** What of the messages of a command reaches a client. */
export interface Listener {
  /** Anything but a response to what it asked. */
  message(text: string): void
  /** A response; `code` if it is an error. */
  respond(text: string, code?: number): void
  /** There will be no more. */
  end(): void
  readonly isOver: boolean
}

/** How long a response may take before the client learns that it will come, in ms; longer where its status says what the server can. */
const HOLD_MS = 400
const HOLD_STATELESS_MS = 10_000
/** How much may wait for a client that doesn't read, in characters. */
const MOST_WAITING = 32 * 1024 * 1024
const EVENTS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** MCP 2026-07-28: clients find out by the status with which server they speak. */
const STATUSES = new Map([
  [-32_601, 404],
  [-32_020, 400],
  [-32_021, 400],
  [-32_022, 400],
  [-32_600, 400],
  [-32_700, 400],
])

interface AnswerOptions {
  /** How many responses come; 0 for a stream on which a client only listens. */
  readonly expected: number
  readonly isBatch?: boolean
  readonly takesEvents: boolean
  readonly isStateless: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface CommandAnswer extends Listener {
  readonly answer: Promise<UpstreamAnswer>
}

export function createCommandAnswer({ expected, isBatch = false, takesEvents, isStateless, headers }: AnswerOptions): CommandAnswer {
  const body = new Readable({ read: () => undefined })
  const responses: string[] = []
  let given!: (answer: UpstreamAnswer) => void
  const answer = new Promise<UpstreamAnswer>((resolve) => (given = resolve))
  const holdMs = expected === 0 ? 0 : isStateless ? HOLD_STATELESS_MS : HOLD_MS
  let isStream = false
  let isOver = false
  const hold = takesEvents ? setTimeout(startStream, holdMs) : undefined
  body.once('close', close)

  function close(): void {
    isOver = true
    clearTimeout(hold)
  }

  function startStream(): void {
    if (isStream || isOver) return
    isStream = true
    clearTimeout(hold)
    given({ response: { statusCode: 200, headers: { ...EVENTS, ...headers }, body } })
  }

  function event(text: string): void {
    startStream()
    body.push(`event: message\ndata: ${text}\n\n`)
    if (body.readableLength > MOST_WAITING) body.destroy()
  }

  function finish(status: number): void {
    if (isOver) return
    close()
    if (!isStream) {
      body.push(isBatch ? `[${responses.join(',')}]` : (responses[0] ?? ''))
      given({ response: { statusCode: status, headers: { ...JSON_TYPE, ...headers }, body } })
    }
    body.push(null)
  }

  return {
    answer,
    get isOver() {
      return isOver
    },
    message(text) {
      if (!isOver && takesEvents) event(text)
    },
    respond(text, code) {
      if (isOver) return
      if (isStream || (takesEvents && expected > 1)) event(text)
      responses.push(text)
      if (responses.length === expected) finish((isStateless && code !== undefined && STATUSES.get(code)) || 200)
    },
    end() {
      if (takesEvents) startStream()
      finish(202)
    },
  }
}
