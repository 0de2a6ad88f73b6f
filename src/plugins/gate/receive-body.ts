/**
 * The body that the upstream gets, after the rules about it (threat-model.md T22). Where tools have rules, the upstream sees no byte of a body
 * that isn't read here first, in one way only.
 */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { disagreement, readMessages } from '../../domain/gate/messages.ts'
import { deniedCall } from '../../domain/gate/tool-rules.ts'
import { lacksScope } from './gate-answers.ts'
import type { GateRefusal } from './gate-answers.ts'
import type { Passing } from './passing.ts'
import { BodyTooLarge, SMALL, bounded, lengthOf, readWhole } from './request-body.ts'

export interface SentBody {
  /** A stream is passed on as it comes. */
  readonly content: Buffer | Readable
  /** In bytes, if that is known. */
  readonly length: number | undefined
}

type Received = { readonly body: SentBody | undefined; readonly refusal?: undefined } | { readonly refusal: GateRefusal }

const tooLarge: Received = { refusal: { status: 413, message: 'the request body is too large' } }
const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i

export async function receiveBody(raw: IncomingMessage, passing: Passing, limit: number): Promise<Received> {
  if (raw.method !== 'POST') return { body: undefined }
  const { tools } = passing.gated.gate
  const length = lengthOf(raw)
  try {
    if (tools.length > 0) return await checkTools(raw, passing, limit)
    const isSmall = length !== undefined && length <= SMALL
    return { body: { content: isSmall ? await readWhole(raw, limit) : Readable.from(bounded(raw, limit), { objectMode: false }), length } }
  } catch (error) {
    if (error instanceof BodyTooLarge) return tooLarge
    throw error
  }
}

async function checkTools(raw: IncomingMessage, { gated, caller }: Passing, limit: number): Promise<Received> {
  const { headers } = raw
  if (headers['content-encoding'] !== undefined) return { refusal: { status: 415, message: 'the body must not be encoded' } }
  if (!JSON_TYPE.test(headers['content-type'] ?? ''))
    return { refusal: { status: 400, message: 'the body must be application/json in UTF-8' } }
  const body = await readWhole(raw, limit)
  const read = readMessages(body)
  if (!read.ok) return { refusal: { status: 400, ...read.error } }
  const named = { method: headers['mcp-method']?.toString(), name: headers['mcp-name']?.toString() }
  const wrong = disagreement(read.value, named)
  if (wrong !== undefined) return { refusal: { status: 400, ...wrong } }
  const denied = deniedCall(read.value, gated.gate.tools, caller.scopes)
  if (denied === undefined) return { body: { content: body, length: body.length } }
  return { refusal: lacksScope(gated, caller.scheme, caller.scopes, denied.missing, denied.message.id) }
}
