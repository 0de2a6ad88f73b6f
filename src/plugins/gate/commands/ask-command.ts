/**
 * A command as an upstream: streamable HTTP on our side (2025-03-26 to 2026-07-28), stdio on the other. Owns methods, sessions and statuses;
 * not which message goes where (conversation.ts).
 */
import { Readable } from 'node:stream'
import { elementsOf, textAt } from '../../../domain/gate/command/json-spans.ts'
import { INVALID_REQUEST, NO_SESSION } from '../../../domain/gate/json-rpc.ts'
import { readMessages } from '../../../domain/gate/messages.ts'
import type { Message } from '../../../domain/gate/messages.ts'
import type { GateRefusal } from '../gate-answers.ts'
import type { UpstreamAnswer } from '../upstream.ts'
import { createCommandAnswer } from './command-answer.ts'
import type { Asked, CommandPool } from './command-pool.ts'
import type { Conversation } from './conversation.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'

export interface CommandRequest extends Asked {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly sessionId: string | undefined
  readonly accept: string
  /** `MCP-Protocol-Version`. */
  readonly revision: string | undefined
  readonly body: Buffer | undefined
  readonly signal: AbortSignal
}

export type AskCommand = (request: CommandRequest) => Promise<UpstreamAnswer>

/** The first revision without sessions. */
const STATELESS = '2026-07-28'
const gone: GateRefusal = { status: 404, code: NO_SESSION, message: 'Session not found' }
const noSession: GateRefusal = { status: 400, code: INVALID_REQUEST, message: 'Bad Request: Mcp-Session-Id header is required' }
const noEvents: GateRefusal = { status: 406, message: 'Not Acceptable: Client must accept text/event-stream' }

const empty = (statusCode: number): UpstreamAnswer => ({ response: { statusCode, headers: {}, body: Readable.from([]) } })

export function createCommandAsker(pool: CommandPool): AskCommand {
  return async (request) => {
    const { method, sessionId } = request
    const isStateless = sessionId === undefined && (request.revision ?? '') >= STATELESS
    if (method === 'POST') return post(request, isStateless)
    if (isStateless) return { refusal: { status: 405, message: 'this address answers POST only', headers: { allow: 'POST, OPTIONS' } } }
    if (sessionId === undefined) return { refusal: noSession }
    const known = pool.session(sessionId, request)
    if (known === undefined) return { refusal: gone }
    if (method === 'GET') return listen(request, known)
    pool.leave(known.session)
    return empty(200)
  }

  async function listen({ accept }: CommandRequest, { session }: Known): Promise<UpstreamAnswer> {
    if (!takesEvents(accept)) return { refusal: noEvents }
    const answer = createCommandAnswer({ expected: 0, takesEvents: true, isStateless: false, headers: {} })
    session.listen(answer)
    return answer.answer
  }

  async function post(request: CommandRequest, isStateless: boolean): Promise<UpstreamAnswer> {
    const read = readMessages(request.body!)
    if (!read.ok) return { refusal: { status: 400, ...read.error } }
    const text = request.body!.toString()
    const texts = elementsOf(text)
    const messages = read.value.map((message, index): Sent => ({
      ...message,
      text: texts[index]!,
      isRequest: isRequest(message, texts[index]!),
    }))
    const opening = messages.find(({ method }) => method === 'initialize')
    if (opening !== undefined && messages.length > 1)
      return { refusal: { status: 400, code: INVALID_REQUEST, message: 'initialize must be alone', id: opening.id } }

    const found = await findProcess(request, opening, isStateless)
    if (found.refusal !== undefined) return { refusal: { ...found.refusal, id: messages[0]!.id } }
    const { conversation, session } = found
    const requests = messages.filter((each) => each.isRequest)
    for (const each of messages) if (!each.isRequest) conversation.tell(session, each.text, each.method)
    if (requests.length === 0) return empty(202)
    const answer = createCommandAnswer({
      expected: requests.length,
      isBatch: text.trimStart().startsWith('['),
      takesEvents: takesEvents(request.accept),
      isStateless,
      headers: opening === undefined ? {} : { 'mcp-session-id': session.id! },
    })
    // Of a revision with sessions, a client that loses its connection still wants the call to be done.
    if (isStateless && request.signal.aborted) return empty(202)
    if (isStateless) request.signal.addEventListener('abort', () => conversation.cancel(answer), { once: true })
    for (const each of requests) conversation.ask(session, each.text, each.method!, answer)
    return answer.answer
  }

  async function findProcess(
    request: CommandRequest,
    opening: Sent | undefined,
    isStateless: boolean,
  ): Promise<(Known & { readonly refusal?: undefined }) | { readonly refusal: GateRefusal }> {
    if (isStateless) {
      const found = await pool.find(request, undefined)
      return found.refusal === undefined ? { conversation: found.conversation, session: createSession() } : { refusal: found.refusal }
    }
    if (opening !== undefined) {
      const revision = textAt(opening.text, ['params', 'protocolVersion']) ?? ''
      const found = await pool.find(request, revision)
      if (found.refusal !== undefined) return { refusal: found.refusal }
      return { conversation: found.conversation, session: pool.open(found.conversation) }
    }
    if (request.sessionId === undefined) return { refusal: noSession }
    return pool.session(request.sessionId, request) ?? { refusal: gone }
  }
}

interface Known {
  readonly conversation: Conversation
  readonly session: Session
}

interface Sent extends Message {
  readonly text: string
  readonly isRequest: boolean
}

/** An id of null is one, though MCP allows none such: it gets its answer. */
const isRequest = ({ method }: Message, text: string): boolean => method !== undefined && textAt(text, ['id']) !== undefined

const takesEvents = (accept: string): boolean => /text\/event-stream|text\/\*|\*\/\*/i.test(accept)
