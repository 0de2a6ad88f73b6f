/** What an answer to `tools/list` says, as it passes the gate: nothing is learned from one that isn't whole, or that only has a part of them. */
import { isJsonObject, parseJsonObject } from '../protocol/json.ts'
import { MOST_TOOLS, parseTools } from '../resource/tools.ts'
import type { ResourceTool } from '../resource/resource.ts'
import { idOf } from './json-rpc.ts'
import type { MessageId } from './json-rpc.ts'

/** The id of a request for the first tools; `undefined` if the body is anything else. */
export function idOfToolsList(body: Uint8Array): MessageId | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  // Nearly every other request.
  if (!text.includes('tools/list')) return undefined
  const message = parseJsonObject(text)
  if (message?.['method'] !== 'tools/list') return undefined
  const { params } = message
  if (isJsonObject(params) && params['cursor'] !== undefined) return undefined
  return idOf(message) ?? undefined
}

/** The tools that an answer lists, if it lists all of them. */
export function toolsInAnswer(text: string, isEvents: boolean, id: MessageId): readonly unknown[] | undefined {
  for (const each of isEvents ? dataOf(text) : [text]) {
    const message = parseJsonObject(each)
    if (message?.['id'] !== id || !isJsonObject(message['result'])) continue
    const { tools, nextCursor } = message['result']
    return Array.isArray(tools) && nextCursor === undefined ? (tools as unknown[]) : undefined
  }
  return undefined
}

/** The data of each event in a stream. */
const dataOf = (text: string): string[] =>
  text.split(/\r\n\r\n|\n\n|\r\r/).map((event) =>
    event
      .split(/\r\n|\n|\r/)
      .flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? [])
      .join('\n'),
  )

/**
 * The tools that are known then. None goes: a server may show other ones to other users.
 *
 * @returns `undefined` if nothing new was said
 */
export function addTools(known: readonly ResourceTool[], listed: readonly unknown[]): readonly ResourceTool[] | undefined {
  const tools = new Map(known.map((tool) => [tool.name, tool]))
  let isNew = false
  for (const tool of parseTools(listed)) {
    if (JSON.stringify(tools.get(tool.name)) === JSON.stringify(tool) || (!tools.has(tool.name) && tools.size >= MOST_TOOLS)) continue
    tools.set(tool.name, tool)
    isNew = true
  }
  return isNew ? [...tools.values()].sort((one, other) => (one.name < other.name ? -1 : 1)) : undefined
}
