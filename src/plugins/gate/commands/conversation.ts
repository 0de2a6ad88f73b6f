/**
 * What clients and one process say to each other. Owns which message goes where; not HTTP (ask-command.ts), nor the numbers that stand for the
 * ids of clients (pending-requests.ts), nor the process (command-process.ts). Nothing else of a message changes.
 */
import type { FastifyBaseLogger } from 'fastify'
import { replaceAt, textAt } from '../../../domain/gate/command/json-spans.ts'
import { ID, errorCodeOf, idTextOf, oneLine, readLine } from '../../../domain/gate/command/stdio-message.ts'
import type { StdioMessage } from '../../../domain/gate/command/stdio-message.ts'
import { REFUSED } from '../../../domain/gate/json-rpc.ts'
import type { Listener } from './command-answer.ts'
import { watchCommand } from './command-process.ts'
import { LISTEN, createPendingRequests } from './pending-requests.ts'
import type { Pending } from './pending-requests.ts'
import type { Session } from './session.ts'
import type { StartedCommand } from './start-command.ts'

export interface Conversation {
  readonly pid: number
  /** Whether it has answered a request without session: then it opens none. */
  readonly isStateless: boolean
  readonly sessions: Set<Session>
  readonly ended: Promise<string>
  readonly isEnding: boolean
  /** Whether an answer is due. */
  readonly isBusy: boolean
  readonly activeAt: number
  /** A request, whose response the listener gets. */
  ask(session: Session, text: string, method: string, listener: Listener): void
  /** A notification of a client, or its response to the process. */
  tell(session: Session, text: string, method: string | undefined): void
  /** The client doesn't want the answer any more. */
  cancel(listener: Listener): void
  /** Ends what belongs to a session. */
  leave(session: Session): void
  end(reason: string, patienceMs?: number): void
}

/** How many lines in a row may be no message. */
const MOST_GARBAGE = 20
/** How long a process may take to show that it is alive, in ms. */
const PING_MS = 5000
const REQUEST_ID = ['params', 'requestId']
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'

interface ConversationNeeds {
  readonly log: FastifyBaseLogger
  readonly now: () => number
  /** How long a request may wait for a sign of the process, in ms. */
  readonly timeoutMs: number
}

export function createConversation(started: StartedCommand, { log, now, timeoutMs }: ConversationNeeds): Conversation {
  const pendings = createPendingRequests(timeoutMs, ({ number }) => {
    cancelAt(number)
    ping()
  })
  /** Requests of the process that wait for an answer, by their ids as it wrote them. */
  const asked = new Map<string, Session>()
  const sessions = new Set<Session>()
  let initialized: Promise<string | undefined> | undefined
  let isInitialized = false
  let garbage = 0
  let heard = 0
  let isStateless = false
  let isEnding = false
  let over: string | undefined
  let activeAt = now()
  const child = watchCommand(started, log, receive)

  function end(reason: string, patienceMs?: number): void {
    isEnding = true
    child.end(reason, patienceMs)
  }

  const ended = child.ended.then((reason) => {
    isEnding = true
    over = reason
    failAll(reason)
    for (const session of sessions) session.end()
    return reason
  })

  function failAll(reason: string): void {
    for (const pending of pendings.all()) pendings.fail(pending, `the MCP server ended: ${reason}`)
  }

  const cancelAt = (number: number): void =>
    child.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${number}}}`)

  /** A process that doesn't answer even this answers nobody. */
  function ping(): void {
    const before = heard
    child.send(`{"jsonrpc":"2.0","id":${pendings.next()},"method":"ping"}`)
    setTimeout(() => {
      if (heard === before) end('it hangs', 0)
    }, PING_MS).unref()
  }

  function receive(line: string): void {
    heard++
    const messages = readLine(line)
    if (messages === undefined) {
      log.warn({ pid: child.pid, line: line.slice(0, 200) }, 'the command wrote something else than a message')
      if (++garbage >= MOST_GARBAGE) end('it writes no messages')
      return
    }
    garbage = 0
    for (const each of messages) {
      const { method, id } = each.message
      if (typeof method !== 'string') respond(each)
      else if (id === undefined) notify(each, method)
      else request(each)
    }
  }

  function respond(answer: StdioMessage): void {
    const pending = pendings.take(answer.message['id'])
    if (pending === undefined) return
    activeAt = now()
    pending.onAnswer?.(answer)
    const code = errorCodeOf(answer.message)
    if (pending.session.id === undefined && code === undefined) isStateless = true
    pending.listener.respond(replaceAt(answer.text, ID, pending.id), code)
  }

  function notify({ message, text }: StdioMessage, method: string): void {
    const { progressToken, _meta } = (message['params'] ?? {}) as { progressToken?: unknown; _meta?: Record<string, unknown> }
    if (method === 'notifications/progress') {
      const pending = pendings.get(progressToken)
      if (pending?.token === undefined) return
      pendings.wait(pending)
      return pending.listener.message(replaceAt(text, ['params', 'progressToken'], pending.token))
    }
    const listening = pendings.get(Number(_meta?.[SUBSCRIPTION]))
    if (listening?.method === LISTEN) return listening.listener.message(replaceAt(text, ['params', '_meta', SUBSCRIPTION], listening.id))
    for (const session of new Set([...sessions, ...pendings.all().map((pending) => pending.session)])) session.pass(text)
  }

  /** A request of the process (sampling, elicitation, roots): for the one of its clients that it is most likely about. */
  function request({ text }: StdioMessage): void {
    const id = idTextOf(text)
    const asking = pendings.all().at(-1)?.session
    const session = asking?.id === undefined ? [...sessions].at(-1) : asking
    if (session === undefined) return child.send(`{"jsonrpc":"2.0","id":${id},"error":{"code":${REFUSED},"message":"no client listens"}}`)
    asked.set(id, session)
    session.pass(text)
  }

  function send(session: Session, text: string, method: string, listener: Listener, onAnswer?: Pending['onAnswer']): void {
    session.asks(listener)
    child.send(pendings.add({ method, session, listener, onAnswer }, text))
    if (over !== undefined) failAll(over)
  }

  /** The process knows one client: the first one. All others learn from us what it said. */
  async function initialize(session: Session, text: string, listener: Listener): Promise<void> {
    while (initialized !== undefined) {
      const result = await initialized
      if (result !== undefined) return listener.respond(replaceAt(result, ID, idTextOf(text)))
    }
    const answered = new Promise<string | undefined>((resolve) => {
      send(session, text, 'initialize', listener, ({ message, text }) => resolve(message['error'] === undefined ? text : undefined))
      void ended.then(() => resolve(undefined))
    })
    initialized = answered.then((result) => {
      if (result === undefined) initialized = undefined // the next one tries again
      return result
    })
  }

  /** The line that the process gets of what a client tells it; `undefined` if that concerns nothing that it knows. */
  function lineOf(session: Session, text: string, method: string | undefined): string | undefined {
    if (method === 'notifications/initialized') {
      if (isInitialized) return undefined
      isInitialized = true
    }
    if (method === 'notifications/cancelled') {
      const id = textAt(text, REQUEST_ID)
      const found = pendings.find((pending) => pending.session === session && pending.id === id)
      if (found === undefined) return undefined
      drop(found)
      return replaceAt(text, REQUEST_ID, String(found.number))
    }
    if (method === undefined) {
      const id = idTextOf(text)
      if (asked.get(id) !== session) return undefined
      asked.delete(id)
    }
    return text
  }

  function drop({ number, listener }: Pending): void {
    pendings.take(number)
    listener.end()
  }

  return {
    pid: child.pid,
    sessions,
    ended,
    get activeAt() {
      return activeAt
    },
    get isStateless() {
      return isStateless
    },
    get isEnding() {
      return isEnding
    },
    get isBusy() {
      return pendings.find(({ method }) => method !== LISTEN) !== undefined
    },
    ask(session, text, method, listener) {
      activeAt = now()
      if (method === 'initialize') return void initialize(session, text, listener)
      send(session, text, method, listener)
    },
    tell(session, text, method) {
      activeAt = now()
      const line = lineOf(session, text, method)
      if (line !== undefined) child.send(oneLine(line))
    },
    cancel(listener) {
      for (const pending of pendings.all()) {
        if (pending.listener !== listener) continue
        pendings.take(pending.number)
        cancelAt(pending.number)
      }
    },
    leave(session) {
      sessions.delete(session)
      session.end()
      for (const pending of pendings.all()) {
        if (pending.session !== session) continue
        drop(pending)
        cancelAt(pending.number)
      }
      for (const [id, asker] of asked) if (asker === session) asked.delete(id)
    },
    end,
  }
}
