/** The tools of an MCP server behind the gate, asked of it directly. */
import { INITIALIZE, callMcp, readResponse } from '../../doctor/probe/mcp.ts'
import type { Message } from '../../doctor/probe/mcp.ts'
import type { Reply, Send } from '../../doctor/probe/http.ts'
import { CommandRefused } from '../command.ts'

/** A server that goes on for longer than that is going round in circles. */
const MOST_PAGES = 100

/**
 * Its tools, as it lists them.
 *
 * @param headers what it wants besides those of MCP
 * @throws {CommandRefused} if it doesn't say
 */
export async function listTools(send: Send, upstream: string, headers: Readonly<Record<string, string>>): Promise<unknown[]> {
  let session: Record<string, string> = { origin: new URL(upstream).origin }

  async function ask(message: Message): Promise<Reply> {
    const sent = await callMcp(send, upstream, message, { ...session, ...headers })
    if (!sent.ok) throw new CommandRefused(`${upstream} can't be asked: ${sent.noReply.sentence}`)
    return sent.reply
  }

  async function result(id: number, message: Omit<Message, 'id'>): Promise<Readonly<Record<string, unknown>>> {
    const reply = await ask({ id, ...message })
    const answer = readResponse(reply, id)?.['result']
    if (typeof answer !== 'object' || answer === null)
      throw new CommandRefused(`${upstream} answered ${reply.status} to ${message.method}, and not as an MCP server does.`)
    const opened = reply.headers.get('mcp-session-id')
    if (opened !== null) session = { ...session, 'mcp-session-id': opened }
    return answer as Readonly<Record<string, unknown>>
  }

  await result(1, INITIALIZE)
  await ask({ method: 'notifications/initialized' })
  const all: unknown[] = []
  let cursor: unknown
  for (let page = 0; page < MOST_PAGES; page++) {
    const { tools, nextCursor } = await result(page + 2, { method: 'tools/list', params: cursor === undefined ? {} : { cursor } })
    if (Array.isArray(tools)) all.push(...(tools as unknown[]))
    if (nextCursor === undefined) break
    cursor = nextCursor
  }
  return all
}
