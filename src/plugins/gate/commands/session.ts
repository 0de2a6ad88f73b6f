/** A session of a client with a command. Owns where what comes unasked goes: to what the client reads at that moment, or into a queue. */
import type { Listener } from './command-answer.ts'

export interface Session {
  /** Absent for a client without sessions (MCP 2026-07-28). */
  readonly id: string | undefined
  /** The client asks this now: what comes unasked most likely belongs to it. */
  asks(listener: Listener): void
  /** The client listens on this from now on, in place of what it listened on before. */
  listen(stream: Listener): void
  pass(text: string): void
  end(): void
}

/** How many messages wait for a client that doesn't listen. */
const MOST_WAITING = 100

export function createSession(id?: string): Session {
  const waiting: string[] = []
  let stream: Listener | undefined
  let current: Listener | undefined
  return {
    id,
    asks: (listener) => void (current = listener),
    listen(opened) {
      stream?.end()
      stream = opened
      for (const text of waiting.splice(0)) stream.message(text)
    },
    pass(text) {
      const open = [current, stream].find((each) => each?.isOver === false)
      if (open !== undefined) open.message(text)
      else if (waiting.push(text) > MOST_WAITING) waiting.shift()
    },
    end: () => stream?.end(),
  }
}
