/** The lines that a command and this server write to each other (stdio transport of MCP): a JSON-RPC message each, or a batch. */
import { parseJsonObject } from '../../protocol/json.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { REFUSED } from '../json-rpc.ts'
import { elementsOf, textAt } from './json-spans.ts'

export interface StdioMessage {
  readonly message: JsonObject
  /** As it is written. */
  readonly text: string
}

export const ID = ['id']
/** What a client adds to a request to learn how far it is. */
export const PROGRESS_TOKEN = ['params', '_meta', 'progressToken']

/** The messages of a line; `undefined` if it holds anything else. */
export function readLine(line: string): readonly StdioMessage[] | undefined {
  const first = line.trimStart()[0]
  if (first !== '{' && first !== '[') return undefined
  try {
    JSON.parse(line)
  } catch {
    return undefined
  }
  const messages: StdioMessage[] = []
  for (const text of elementsOf(line)) {
    const message = parseJsonObject(text)
    if (message === undefined) return undefined
    messages.push({ message, text })
  }
  return messages
}

/** Line breaks within a message can only be between its parts. */
export const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ')

/** The code of a response that is an error, `undefined` for a result. */
export function errorCodeOf({ error }: JsonObject): number | undefined {
  if (error === undefined) return undefined
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'number' ? code : REFUSED
}

/** An id as it is written; that of a message that has none is an empty text. */
export const idTextOf = (text: string): string => textAt(text, ID) ?? ''
