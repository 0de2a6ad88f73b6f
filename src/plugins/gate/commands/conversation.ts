/**
 * What clients and one process say to each other. Several sessions of a user may share the process, so ids and progress tokens of clients are
 * replaced by ours on the way in and put back on the way out; nothing else of a message changes. Owns which message goes where; not HTTP
 * (ask-command.ts), nor the process (command-process.ts).
 */
import type { FastifyBaseLogger } from 'fastify'
import { elementsOf, replaceAt, textAt } from '../../../domain/gate/command/json-spans.ts'
import { REFUSED, jsonRpcError } from '../../../domain/gate/json-rpc.ts'
import type { MessageId } from '../../../domain/gate/json-rpc.ts'
import { parseJsonObject } from '../../../domain/protocol/json.ts'
import type { JsonObject } from '../../../domain/protocol/json.ts'
import type { Listener } from './command-answer.ts'
import { watchCommand } from './command-process.ts'
import type { StartedCommand } from './start-command.ts'

export interface Session {
  readonly id: string | undefined
  /** The stream on which its client listens. */
  stream: Listener | undefined
  /** The request that was answered last, which what comes unasked most likely belongs to. */
  current: Listener | undefined
  /** What waits until its client listens. */
  readonly waiting: string[]
}

export const createSession = (id?: string): Session => ({ id, stream: undefined, current: undefined, waiting: [] })

interface Pending {
  /** The client's own id, as it wrote it. */
  readonly id: string
  readonly method: string
  readonly session: Session
  readonly listener: Listener
  /** The client's progress token, as it wrote it. */
  readonly token: string | undefined
  timer: NodeJS.Timeout | undefined
  readonly onResult: ((message: JsonObject, text: string) => void) | undefined
}

export interface Conversation {
  readonly pid: number
  /** Whether it has answered a request without session: then it opens none. */
  readonly isStateless: boolean
  readonly sessions: Set<Session>
  readonly ended: Promise<string>
  readonly isEnding: boolean
  /** Whether an answer is due. */
  readonly isBusy: boolean
  activeAt: number
  /** A request, whose response the listener gets. */
  ask(session: Session, text: string, method: string, listener: Listener): void
  /** A notification of a client, or its response to the process. */
  tell(session: Session, text: string, method: string | undefined): void
  /** The client doesn't want the answer any more. */
  cancel(listener: Listener): void
  listen(session: Session, stream: Listener): void
  /** Ends what belongs to a session. */
  leave(session: Session): void
  end(reason: string, patienceMs?: number): void
}

/** How many messages wait for a client that doesn't listen, and how many lines in a row may be no message. */
const MOST_WAITING = 100
const MOST_GARBAGE = 20
/** How long a process may take to show that it is alive, in ms. */
const PING_MS = 5000
const ID = ['id']
const TOKEN = ['params', '_meta', 'progressToken']
const LISTEN = 'subscriptions/listen'

interface ConversationNeeds {
  readonly log: FastifyBaseLogger
  readonly now: () => number
  /** How long a request may wait for a sign of the process, in ms. */
  readonly timeoutMs: number
}

export function createConversation(started: StartedCommand, { log, now, timeoutMs }: ConversationNeeds): Conversation {
  const pendings = new Map<number, Pending>()
  /** Requests of the process that wait for an answer, by their ids as it wrote them. */
  const asked = new Map<string, Session>()
  const sessions = new Set<Session>()
  let initialized: Promise<string | undefined> | undefined
  let isInitialized = false
  let last = 0
  let garbage = 0
  let heard = 0
  let isStateless = false
  let isEnding = false
  const child = watchCommand(started, log, receive)

  function end(reason: string, patienceMs?: number): void {
    isEnding = true
    child.end(reason, patienceMs)
  }

  const ended = child.ended.then((reason) => {
    isEnding = true
    for (const [id, pending] of pendings) fail(id, pending, `the MCP server ended: ${reason}`)
    for (const session of sessions) session.stream?.end()
    return reason
  })

  function take(id: number): Pending | undefined {
    const pending = pendings.get(id)
    clearTimeout(pending?.timer)
    pendings.delete(id)
    return pending
  }

  function fail(id: number, { id: own, listener }: Pending, message: string): void {
    take(id)
    listener.respond(jsonRpcError(REFUSED, message, JSON.parse(own) as MessageId), REFUSED)
  }

  function send(session: Session, text: string, method: string, listener: Listener, onResult?: Pending['onResult']): void {
    const id = ++last
    const pending: Pending = { id: textAt(text, ID)!, method, session, listener, token: textAt(text, TOKEN), timer: undefined, onResult }
    pendings.set(id, pending)
    session.current = listener
    wait(id, pending)
    child.send(oneLine(replaceAt(replaceAt(text, TOKEN, String(id)), ID, String(id))))
  }

  function wait(id: number, pending: Pending): void {
    clearTimeout(pending.timer)
    if (pending.method === LISTEN) return
    pending.timer = setTimeout(() => {
      fail(id, pending, 'the MCP server took too long to answer')
      cancelAt(id)
      ping()
    }, timeoutMs)
  }

  const cancelAt = (id: number): void => child.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`)

  /** A process that doesn't answer even this answers nobody. */
  function ping(): void {
    const before = heard
    child.send(`{"jsonrpc":"2.0","id":${++last},"method":"ping"}`)
    setTimeout(() => {
      if (heard === before) end('it hangs', 0)
    }, PING_MS).unref()
  }

  function receive(line: string): void {
    heard++
    const messages = parseLine(line)
    if (messages === undefined) {
      log.warn({ pid: child.pid, line: line.slice(0, 200) }, 'the command wrote something else than a message')
      if (++garbage >= MOST_GARBAGE) end('it writes no messages')
      return
    }
    garbage = 0
    for (const [message, text] of messages) {
      const { method, id } = message
      if (typeof method !== 'string') respond(message, text)
      else if (id === undefined) notify(message, text, method)
      else request(text)
    }
  }

  function respond(message: JsonObject, text: string): void {
    const pending = typeof message['id'] === 'number' ? take(message['id']) : undefined
    if (pending === undefined) return
    activity()
    pending.onResult?.(message, text)
    if (pending.session.id === undefined && message['error'] === undefined) isStateless = true
    const { error } = message as { error?: { code?: unknown } }
    const code = typeof error?.code === 'number' ? error.code : undefined
    pending.listener.respond(replaceAt(text, ID, pending.id), error === undefined ? undefined : (code ?? REFUSED))
  }

  function notify({ params }: JsonObject, text: string, method: string): void {
    const { progressToken, _meta } = (params ?? {}) as { progressToken?: unknown; _meta?: Record<string, unknown> }
    if (method === 'notifications/progress') {
      const pending = typeof progressToken === 'number' ? pendings.get(progressToken) : undefined
      if (pending?.token === undefined) return
      wait(progressToken as number, pending)
      return pending.listener.message(replaceAt(text, ['params', 'progressToken'], pending.token))
    }
    const subscription = Number(_meta?.[SUBSCRIPTION])
    const listening = pendings.get(subscription)
    if (listening?.method === LISTEN) return listening.listener.message(replaceAt(text, ['params', '_meta', SUBSCRIPTION], listening.id))
    for (const session of new Set([...sessions, ...[...pendings.values()].map((pending) => pending.session)])) pass(session, text)
  }

  /** A request of the process (sampling, elicitation, roots): for the one of its clients that it is most likely about. */
  function request(text: string): void {
    const id = textAt(text, ID)!
    const asking = [...pendings.values()].at(-1)?.session
    const session = asking?.id === undefined ? [...sessions].at(-1) : asking
    if (session === undefined) return child.send(`{"jsonrpc":"2.0","id":${id},"error":{"code":${REFUSED},"message":"no client listens"}}`)
    asked.set(id, session)
    pass(session, text)
  }

  function pass(session: Session, text: string): void {
    const open = [session.current, session.stream].find((each) => each?.isOver === false)
    if (open !== undefined) open.message(text)
    else if (session.waiting.push(text) > MOST_WAITING) session.waiting.shift()
  }

  function activity(): void {
    self.activeAt = now()
  }

  /** The process knows one client: the first one. All others learn from us what it said. */
  async function initialize(session: Session, text: string, listener: Listener): Promise<void> {
    const result = await initialized
    if (result !== undefined) return listener.respond(replaceAt(result, ID, textAt(text, ID)!))
    initialized = new Promise((resolve) => {
      send(session, text, 'initialize', listener, (message, answer) => resolve(message['error'] === undefined ? answer : undefined))
      void ended.then(() => resolve(undefined))
    })
    await initialized
  }

  const self: Conversation = {
    pid: child.pid,
    sessions,
    ended,
    activeAt: now(),
    get isStateless() {
      return isStateless
    },
    get isEnding() {
      return isEnding
    },
    get isBusy() {
      return [...pendings.values()].some(({ method }) => method !== LISTEN)
    },
    ask(session, text, method, listener) {
      activity()
      if (method === 'initialize') return void initialize(session, text, listener)
      send(session, text, method, listener)
    },
    tell(session, text, method) {
      activity()
      if (method === 'notifications/initialized') {
        if (isInitialized) return
        isInitialized = true
      }
      if (method === 'notifications/cancelled') {
        const id = textAt(text, ['params', 'requestId'])
        const [found] = [...pendings].find(([, pending]) => pending.session === session && pending.id === id) ?? []
        if (found === undefined) return
        take(found)!.listener.end()
        return child.send(oneLine(replaceAt(text, ['params', 'requestId'], String(found))))
      }
      if (method === undefined) {
        const id = textAt(text, ID) ?? ''
        if (asked.get(id) !== session || !asked.delete(id)) return
      }
      child.send(oneLine(text))
    },
    cancel(listener) {
      for (const [id, pending] of pendings) {
        if (pending.listener !== listener) continue
        take(id)
        cancelAt(id)
      }
    },
    listen(session, stream) {
      session.stream?.end()
      session.stream = stream
      for (const text of session.waiting.splice(0)) stream.message(text)
    },
    leave(session) {
      sessions.delete(session)
      session.stream?.end()
      for (const [id, pending] of pendings) {
        if (pending.session !== session) continue
        take(id)!.listener.end()
        cancelAt(id)
      }
      for (const [id, asker] of asked) if (asker === session) asked.delete(id)
    },
    end,
  }
  return self
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'

/** Line breaks within a message can only be between its parts. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ')

/** The messages of a line, each as it is written, too. */
function parseLine(line: string): [JsonObject, string][] | undefined {
  const first = line.trimStart()[0]
  if (first !== '{' && first !== '[') return undefined
  try {
    JSON.parse(line)
  } catch {
    return undefined
  }
  const messages = elementsOf(line).map((text): [JsonObject | undefined, string] => [parseJsonObject(text), text])
  return messages.every(([message]) => message !== undefined) ? (messages as [JsonObject, string][]) : undefined
}
