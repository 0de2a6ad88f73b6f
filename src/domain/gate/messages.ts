/** The JSON-RPC messages of a body, as tool rules need them: read in one way only (threat-model.md T22). */
import { isJsonObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { HEADER_MISMATCH, INVALID_REQUEST, PARSE_ERROR, idOf } from './json-rpc.ts'
import type { MessageId } from './json-rpc.ts'
import { parseStrictJson } from './strict-json.ts'

export interface Message {
  readonly id: MessageId
  /** Absent in a response. */
  readonly method: string | undefined
  /** What `Mcp-Name` repeats: a tool, a prompt, the address of a resource. */
  readonly name: string | undefined
}

export interface BadMessage {
  readonly code: number
  readonly message: string
  readonly id: MessageId
}

const bad = (message: string, code = INVALID_REQUEST, id: MessageId = null): { ok: false; error: BadMessage } => err({ code, message, id })

/** Where the name of a request is. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
])

/** Members on which others may decide. */
const EXACT = ['jsonrpc', 'id', 'method', 'params', 'name']
/** Some parsers take a member in any case, and fold even letters such as the long s. */
const fold = (name: string): string => name.toUpperCase().toLowerCase()
const isMisspelt = (name: string): boolean => !EXACT.includes(name) && EXACT.includes(fold(name))

export function readMessages(body: Uint8Array): Result<readonly Message[], BadMessage> {
  const parsed = parseStrictJson(body)
  if (!parsed.ok) return bad(parsed.error, PARSE_ERROR)
  const given: unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value]
  if (given.length === 0) return bad('the body has no message')
  const messages: Message[] = []
  for (const each of given) {
    const read = readMessage(each)
    if (!read.ok) return read
    messages.push(read.value)
  }
  return ok(messages)
}

function readMessage(given: unknown): Result<Message, BadMessage> {
  if (!isJsonObject(given)) return bad('the body has something else than a message')
  const id = idOf(given)
  const { method, params } = given
  if ([given, params].some((part) => isJsonObject(part) && Object.keys(part).some(isMisspelt)))
    return bad('the message has a member that differs from a known one by case only', INVALID_REQUEST, id)
  if (!Object.hasOwn(given, 'method')) {
    const isResponse = Object.hasOwn(given, 'result') || Object.hasOwn(given, 'error')
    return isResponse ? ok({ id, method: undefined, name: undefined }) : bad('the message has no method', INVALID_REQUEST, id)
  }
  if (typeof method !== 'string') return bad('the method is not a string', INVALID_REQUEST, id)
  const name = nameIn(method, params)
  if (method === 'tools/call' && name === undefined) return bad('the call names no tool', INVALID_REQUEST, id)
  return ok({ id, method, name })
}

function nameIn(method: string, params: unknown): string | undefined {
  const member = NAMED_BY.get(method)
  const name = member !== undefined && isJsonObject(params) && Object.hasOwn(params, member) ? (params as JsonObject)[member] : undefined
  return typeof name === 'string' ? name : undefined
}

/**
 * MCP 2026-07-28: `Mcp-Method` and `Mcp-Name` repeat what the body says. They never decide; where they are sent, they must agree.
 *
 * @returns what is wrong
 */
export function disagreement(
  messages: readonly Message[],
  { method, name }: { readonly method: string | undefined; readonly name: string | undefined },
): BadMessage | undefined {
  if (method === undefined && name === undefined) return undefined
  const [only, ...more] = messages as [Message, ...Message[]]
  const agrees =
    more.length === 0 &&
    (method === undefined || decodeHeader(method) === only.method) &&
    (name === undefined || decodeHeader(name) === only.name)
  return agrees ? undefined : { code: HEADER_MISMATCH, message: 'Mcp-Method or Mcp-Name says something else than the body', id: only.id }
}

/** `=?base64?...?=` encodes text that no header can hold. */
export function decodeHeader(value: string): string {
  const [, encoded] = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value) ?? []
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString()
}
