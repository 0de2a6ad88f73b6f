/** `resource check`: whether an MCP server refuses requests of 2026-07-28 whose headers say something else than their body. */
import { HEADER_MISMATCH } from '../../domain/gate/json-rpc.ts'
import { parseUpstream } from '../../domain/gate/upstream-address.ts'
import { buildSend } from '../../doctor/probe/http.ts'
import { callMcp, readResponse } from '../../doctor/probe/mcp.ts'
import * as operations from '../../operations/resources/resources.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { isSet, readText } from '../read-options.ts'
import { printJson } from '../terminal/print.ts'
import { withResource } from './resources.ts'

const TIMEOUT_MS = 20_000
const REVISION = '2026-07-28'
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'solar-system check', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** Tools that no server has: a server that ignores the headers says so, and does nothing. */
const CALLED = 'solar_system_check_of_the_body'
const NAMED = 'solar_system_check_of_the_header'

interface Probe {
  readonly about: string
  readonly headers: Readonly<Record<string, string>>
  readonly envelope: object
  /** Whether the refusal must be the one for headers. */
  readonly isExact: boolean
}

const PROBES: readonly Probe[] = [
  { about: 'another tool in Mcp-Name', headers: { 'mcp-method': 'tools/call', 'mcp-name': NAMED }, envelope: ENVELOPE, isExact: true },
  { about: 'another method in Mcp-Method', headers: { 'mcp-method': 'tools/list' }, envelope: ENVELOPE, isExact: true },
  // As a client of an older revision writes it, whose headers nobody compares.
  { about: 'a body of an older revision', headers: { 'mcp-method': 'tools/call', 'mcp-name': NAMED }, envelope: {}, isExact: false },
]

export async function checkHeaders(call: Call): Promise<void> {
  const given = parseUpstream(readText(call, 'upstream') ?? '')
  if (!given.ok) throw new CommandRefused(`--upstream must ${given.error}.`)
  const send = buildSend(fetch, TIMEOUT_MS)
  const passed: string[] = []
  for (const { about, headers, envelope, isExact } of PROBES) {
    const message = { id: 1, method: 'tools/call', params: { name: CALLED, arguments: {}, _meta: envelope } }
    const origin = new URL(given.value).origin
    const sent = await callMcp(send, given.value, message, { 'mcp-protocol-version': REVISION, origin, ...headers })
    if (!sent.ok) throw new CommandRefused(`${given.value} can't be asked: ${sent.noReply.sentence}`)
    const { error } = (readResponse(sent.reply, 1) ?? parseError(sent.reply.body)) as { error?: { code?: unknown } }
    const isRefused = sent.reply.status === 400 && (!isExact || error?.code === HEADER_MISMATCH)
    if (!isRefused) passed.push(about)
  }
  await withResource(call, async (resource, context) => {
    const validatesHeaders = passed.length === 0
    valueOf(call, await operations.changeGate(context, resource, { validatesHeaders }))
    if (isSet(call, 'json')) return printJson(call, { validates_headers: validatesHeaders, not_refused: passed })
    call.output.write(
      validatesHeaders
        ? `${given.value} refuses headers that lie: behind another proxy, rules for tools hold for clients of ${REVISION}.\n`
        : `${given.value} doesn't refuse ${passed.join(', ')}: behind another proxy, every client needs the scopes of all tools.\n`,
    )
  })
}

/** A refusal may leave out the id. */
function parseError(body: string): object {
  try {
    return (JSON.parse(body) as object | null) ?? {}
  } catch {
    return {}
  }
}
