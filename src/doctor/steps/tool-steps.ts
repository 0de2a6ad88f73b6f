/** Uses the token: opens a session with the MCP server (Streamable HTTP) and calls one tool. */
import type { Reply } from '../probe/http.ts'
import { shown } from '../probe/shown.ts'
import { failed, noted, passed, skipped, unanswered } from '../probe/step.ts'
import type { Members, Outcome, Step } from '../probe/step.ts'
import type { LoginContext } from './login-context.ts'
import { callMcp, INITIALIZE, readResponse } from '../probe/mcp.ts'
import type { Message } from '../probe/mcp.ts'

export const mcpServerTakesToken: Step<LoginContext> = {
  title: 'The MCP server takes the token, and a tool answers',
  uses: ['token'],
  async run(context) {
    const { tokens, resourceUrl } = context
    if (!tokens) return skipped('there is no token')
    if (resourceUrl === undefined) return skipped('no MCP server was given')
    const session: Record<string, string> = { authorization: `Bearer ${String(tokens['access_token'])}` }
    const begun = await ask({ id: 1, ...INITIALIZE })
    if (!begun.ok) return begun.outcome
    const id = begun.reply.headers.get('mcp-session-id')
    if (id !== null) session['mcp-session-id'] = id
    const { protocolVersion } = begun.result
    if (typeof protocolVersion === 'string') session['mcp-protocol-version'] = protocolVersion
    try {
      await callMcp(context.send, resourceUrl, { method: 'notifications/initialized' }, session)
      const used = await useTool()
      return used.kind === 'passed' && (await isHeldBack()) ? noted('stream-held-back', HELD_BACK) : used
    } finally {
      if (id !== null) await context.send({ url: resourceUrl, method: 'DELETE', headers: session })
    }

    /** Most servers answer such a request at once: with a stream, or by saying that they have none. */
    async function isHeldBack(): Promise<boolean> {
      const headers = { ...session, accept: 'text/event-stream' }
      const sent = await context.send({ url: resourceUrl!, headers, headOnly: true })
      return !sent.ok && sent.noReply.finding === 'too-slow'
    }

    async function useTool(): Promise<Outcome> {
      const listed = await ask({ id: 2, method: 'tools/list' })
      if (!listed.ok) return listed.outcome
      const tools = toolsIn(listed.result['tools'])
      const tool = chooseTool(tools)
      if (tool === undefined) return passed(`no tool was called: of ${tools.length}, none is safe to call without arguments`)
      const called = await ask({ id: 3, method: 'tools/call', params: { name: tool.name, arguments: {} } })
      if (!called.ok) return called.outcome
      const content = shown(called.result['content'])
      if (called.result['isError'] === true) return noted('tool-failed', `${tool.name}: ${content}`)
      return passed(`${tool.name} answered`)
    }

    async function ask(message: Message & { id: number }): Promise<Asked> {
      const no = (outcome: Outcome) => ({ ok: false as const, outcome })
      const sent = await callMcp(context.send, resourceUrl!, message, session)
      if (!sent.ok) return no(unanswered(sent.noReply))
      const { reply } = sent
      const response = readResponse(reply, message.id)
      const result = response?.['result']
      if (reply.status === 200 && typeof result === 'object' && result !== null) return { ok: true, reply, result: result as Members }
      const { finding, advice } = causeOf(reply.status)
      const challenge = reply.headers.get('www-authenticate')
      const error = response?.['error'] === undefined ? '' : `, error ${shown(response['error'])}`
      return no(
        failed(reply, {
          finding,
          expected: `a result of ${message.method}`,
          received: `status ${reply.status}${challenge === null ? '' : `, WWW-Authenticate: ${challenge}`}${error}`,
          advice,
        }),
      )
    }
  },
}

const HELD_BACK = 'the tool answered, but not even the head of the stream came'

/** Why an MCP server that is asked with a token doesn't answer as one. */
function causeOf(status: number) {
  if (status === 401 || status === 403)
    return {
      finding: 'mcp-refuses-token',
      advice: "Compare the token's issuer, audience and scopes with what the MCP server demands; see its log.",
    } as const
  // The gate's own, and those of any reverse proxy.
  if (status >= 502 && status <= 504)
    return {
      finding: 'mcp-unreached',
      advice: 'Start the MCP server, and compare its address with the one that the gate or proxy in front of it has.',
    } as const
  return { finding: 'mcp-broken', advice: "See the MCP server's log: it took the token, and then failed." } as const
}

type Asked = { readonly ok: true; readonly reply: Reply; readonly result: Members } | { readonly ok: false; readonly outcome: Outcome }

interface Tool {
  readonly name: string
  /** Whether it has required arguments. */
  readonly isDemanding: boolean
  readonly onlyReads: boolean
  readonly destroys: boolean
}

/** The tools of a list that names them as MCP has it. What can't be understood counts as demanding, or as destructive. */
function toolsIn(list: unknown): Tool[] {
  return (Array.isArray(list) ? list : []).flatMap((tool: unknown) => {
    const { name, inputSchema, annotations } = membersOf(tool)
    if (typeof name !== 'string') return []
    const { required = [] } = membersOf(inputSchema)
    const { readOnlyHint, destructiveHint = false } = membersOf(annotations)
    const isDemanding = !Array.isArray(required) || required.length > 0
    return [{ name, isDemanding, onlyReads: readOnlyHint === true, destroys: destructiveHint !== false }]
  })
}

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {})

/** A tool without required arguments, preferably one that declares itself read-only; never one that declares itself destructive. */
function chooseTool(tools: readonly Tool[]): Tool | undefined {
  const free = tools.filter(({ isDemanding, destroys }) => !isDemanding && !destroys)
  return free.find(({ onlyReads }) => onlyReads) ?? free[0]
}
