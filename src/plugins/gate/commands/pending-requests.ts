/**
 * The requests of clients that a command hasn't answered. Several sessions may share the process, so ids and progress tokens are ours while a
 * message is with it. Owns these numbers, and how long an answer may take; not what a message means (conversation.ts).
 */
import { replaceAt, textAt } from '../../../domain/gate/command/json-spans.ts'
import { ID, PROGRESS_TOKEN, idTextOf, oneLine } from '../../../domain/gate/command/stdio-message.ts'
import type { StdioMessage } from '../../../domain/gate/command/stdio-message.ts'
import { REFUSED, jsonRpcError } from '../../../domain/gate/json-rpc.ts'
import type { Listener } from './command-answer.ts'
import type { Session } from './session.ts'

export interface Pending {
  /** Ours. */
  readonly number: number
  /** The client's own id, as it wrote it. */
  readonly id: string
  readonly method: string
  readonly session: Session
  readonly listener: Listener
  /** The client's progress token, as it wrote it. */
  readonly token: string | undefined
  readonly onAnswer: ((answer: StdioMessage) => void) | undefined
}

export interface PendingRequests {
  /** A number that nothing else has. */
  next(): number
  /** @returns the line for the process */
  add(request: Omit<Pending, 'number' | 'id' | 'token'>, text: string): string
  get(number: unknown): Pending | undefined
  find(fits: (pending: Pending) => boolean): Pending | undefined
  all(): Pending[]
  /** It is answered, or nobody wants the answer any more. */
  take(number: unknown): Pending | undefined
  fail(pending: Pending, message: string): void
  /** The process showed that it works on it: its time begins anew. */
  wait(pending: Pending): void
}

/** What stays open, and may be silent. */
export const LISTEN = 'subscriptions/listen'

/** @param onLate called for a request that failed because its time, in ms, was over */
export function createPendingRequests(timeoutMs: number, onLate: (pending: Pending) => void): PendingRequests {
  const pendings = new Map<unknown, Pending>()
  const timers = new Map<number, NodeJS.Timeout>()
  let last = 0

  const self: PendingRequests = {
    next: () => ++last,
    add(request, text) {
      const number = ++last
      const pending = { ...request, number, id: idTextOf(text), token: textAt(text, PROGRESS_TOKEN) }
      pendings.set(number, pending)
      self.wait(pending)
      return oneLine(replaceAt(replaceAt(text, PROGRESS_TOKEN, String(number)), ID, String(number)))
    },
    get: (number) => pendings.get(number),
    find: (fits) => [...pendings.values()].find(fits),
    all: () => [...pendings.values()],
    take(number) {
      const pending = pendings.get(number)
      if (pending === undefined) return undefined
      pendings.delete(number)
      clearTimeout(timers.get(pending.number))
      timers.delete(pending.number)
      return pending
    },
    fail({ number, id, listener }, message) {
      self.take(number)
      listener.respond(replaceAt(jsonRpcError(REFUSED, message), ID, id), REFUSED)
    },
    wait(pending) {
      if (pending.method === LISTEN) return
      clearTimeout(timers.get(pending.number))
      const late = () => {
        self.fail(pending, 'the MCP server took too long to answer')
        onLate(pending)
      }
      timers.set(pending.number, setTimeout(late, timeoutMs))
    },
  }
  return self
}
