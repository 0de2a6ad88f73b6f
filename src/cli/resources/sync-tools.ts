/** `resource sync`: which scope covers which tool of the MCP server behind the gate. */
import { isCommand } from '../../domain/gate/command/command.ts'
import type { Upstream } from '../../domain/gate/command/command.ts'
import { NO_GATE, OTHER_TOOLS } from '../../domain/gate/gate.ts'
import type { UpstreamHeader } from '../../domain/gate/gate.ts'
import { parseUpstream } from '../../domain/gate/upstream-address.ts'
import { coverage } from '../../domain/gate/tool-rules.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { oddTools, toolRulesOf } from '../../domain/resource/tools.ts'
import { readUpstreamHeader } from '../../domain/gate/upstream-header.ts'
import { buildSend } from '../../doctor/probe/http.ts'
import * as operations from '../../operations/resources/resources.ts'
import { createReferenceReader } from '../../process/references.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { printJson, printTable } from '../terminal/print.ts'
import { isSet, readText } from '../read-options.ts'
import { withResource } from './resources.ts'
import { listTools } from './upstream-tools.ts'

const TIMEOUT_MS = 20_000

export async function syncTools(call: Call): Promise<void> {
  await withResource(call, async (resource, context) => {
    const { upstream: kept, headers: references, tools: rules } = resource.gate ?? NO_GATE
    const upstream = upstreamOf(call, kept)
    const headers = await readHeaders(call, references)
    const listed = await listTools(buildSend(fetch, TIMEOUT_MS), upstream, headers)
    const synced = valueOf(call, await operations.keepTools(context, resource, listed))
    const tools = synced.tools!.map(({ name }) => name)
    const covered = coverage(tools, synced, toolRulesOf(synced))
    const none = toolRulesOf(synced).length === 0 ? 'none needed' : 'none: it is refused'
    const refused = covered.filter(({ scope }) => scope === undefined)
    if (isSet(call, 'json')) printJson(call, covered)
    else
      printTable(
        call,
        ['Tool', 'Scope'],
        covered.map(({ tool, scope }) => [tool, scope ?? none]),
      )
    warnAboutOdd(call, synced)
    if (!isSet(call, 'write')) return
    if (resource.scopes.length === 0)
      throw new CommandRefused(`${resource.identifier} has no scope that a tool could need: add one with resource update --scope.`)
    const older = rules.filter(({ tool }) => tool !== OTHER_TOOLS && !tools.includes(tool))
    const written = [...older, ...covered.flatMap(({ tool, scope }) => (scope === undefined ? [] : [{ tool, scope }]))]
    valueOf(call, await operations.changeGate(context, synced, { tools: written.map(({ tool, scope }) => `${tool}=${scope}`) }))
    call.errors.write(
      `Kept: ${written.length} rules. Every other tool is refused${refused.length === 0 ? '' : `, also ${refused.length} of these`}.\n`,
    )
  })
}

/** What the consent page can't say rightly. */
function warnAboutOdd({ errors }: Call, resource: Resource): void {
  const { uncovered, ambiguous } = oddTools(resource)
  if (uncovered.length > 0)
    errors.write(`No scope unlocks: ${uncovered.join(', ')}. Say which one does, with resource update --tool or --scope-tool.\n`)
  if (ambiguous.length > 0) errors.write(`Several scopes unlock: ${ambiguous.join(', ')}. The gate asks for the first of them.\n`)
}

function upstreamOf(call: Call, kept: Upstream | undefined): string {
  const given = readText(call, 'upstream')
  if (given === undefined && kept === undefined)
    throw new CommandRefused('Which MCP server is behind this resource is said at each start: say it here, too, with --upstream.')
  if (given === undefined && isCommand(kept!))
    throw new CommandRefused('A command is behind this resource, which is not started for this: say the scopes of its tools with --tool.')
  const upstream = parseUpstream(given ?? (kept as string))
  if (!upstream.ok) throw new CommandRefused(`--upstream must ${upstream.error}.`)
  return upstream.value
}

async function readHeaders({ variables }: Call, headers: readonly UpstreamHeader[]): Promise<Record<string, string>> {
  const readReference = createReferenceReader(variables, Date.now)
  const values: Record<string, string> = {}
  for (const header of headers) {
    const { prefix, reference } = readUpstreamHeader(header)
    const value = (await readReference(reference))?.trim() ?? ''
    if (value === '') throw new CommandRefused(`The header ${header.name} has no value: ${header.value} leads to nothing here.`)
    values[header.name.toLowerCase()] = prefix + value
  }
  return values
}
