/**
 * The body that the upstream gets, after the rules about it (threat-model.md T22). Where tools have rules, and where a command gets it line by
 * line, the upstream sees no byte of a body that isn't read here first, in one way only.
 */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { isCommand } from '../../domain/gate/command/command.ts'
import { disagreement, readMessages } from '../../domain/gate/messages.ts'
import { deniedCall } from '../../domain/gate/tool-rules.ts'
import type { GateRefusal } from './gate-answers.ts'
import { refusesScope } from './gate-rights.ts'
import type { Passing } from './passing.ts'
import { BodyRefused, SMALL, bounded, lengthOf, readWhole } from './request-body.ts'

export interface SentBody {
  /** A stream is passed on as it comes. */
  readonly content: Buffer | Readable
  /** In bytes, if that is known. */
  readonly length: number | undefined
}

/** `tools`: those that are called, as far as the body was read. */
type Received =
  | { readonly body: SentBody | undefined; readonly tools?: readonly string[]; readonly refusal?: undefined }
  | { readonly refusal: GateRefusal }

const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i

/** @param keepsCalls whether the names of tools are wanted also where no rule is about them */
export async function receiveBody(raw: IncomingMessage, passing: Passing, limit: number, keepsCalls: boolean): Promise<Received> {
  if (raw.method !== 'POST') return { body: undefined }
  const { upstream, gate } = passing.gated
  if (isCommand(upstream) || gate.tools.length > 0) return checkMessages(raw, passing, limit)
  const length = lengthOf(raw)
  if (!keepsCalls && (length === undefined || length > SMALL))
    return { body: { content: Readable.from(bounded(raw, limit), { objectMode: false }), length } }
  const content = await readWhole(raw, limit)
  if (content instanceof BodyRefused) return content
  return { body: { content, length: content.length }, ...(keepsCalls && { tools: toolsIn(readMessages(content)) }) }
}

async function checkMessages(raw: IncomingMessage, { gated, caller }: Passing, limit: number): Promise<Received> {
  const { headers } = raw
  if (headers['content-encoding'] !== undefined) return { refusal: { status: 415, message: 'the body must not be encoded' } }
  if (!JSON_TYPE.test(headers['content-type'] ?? ''))
    return { refusal: { status: 400, message: 'the body must be application/json in UTF-8' } }
  const body = await readWhole(raw, limit)
  if (body instanceof BodyRefused) return body
  const read = readMessages(body)
  if (!read.ok) return { refusal: { status: 400, ...read.error } }
  const named = { method: headers['mcp-method']?.toString(), name: headers['mcp-name']?.toString() }
  const wrong = disagreement(read.value, named)
  if (wrong !== undefined) return { refusal: { status: 400, ...wrong } }
  const denied = deniedCall(read.value, gated.gate.tools, caller.scopes)
  if (denied === undefined) return { body: { content: body, length: body.length }, tools: toolsIn(read) }
  const refusal = refusesScope(gated, caller, denied.missing === undefined ? [] : [denied.missing], denied.message.id)
  return { refusal: { ...refusal, tool: denied.message.name } }
}

/** Where no rule is about tools, the upstream may take what is unreadable here. */
const toolsIn = (read: ReturnType<typeof readMessages>): readonly string[] =>
  read.ok ? read.value.flatMap(({ method, name }) => (method === 'tools/call' ? [name!] : [])) : []
