/** `protect`: this server with MCP servers behind it. */
import cluster from 'node:cluster'
import { checkGatePath, gatePathOf } from '../domain/gate/gate-path.ts'
import { protectedResource } from '../domain/gate/gate-table.ts'
import { parseProtection, renderProtection } from '../domain/gate/upstream-address.ts'
import type { Protection } from '../domain/gate/upstream-address.ts'
import { findResource } from '../operations/resources/resources.ts'
import { readEnvironment } from '../process/environment.ts'
import { resolvePort } from '../process/free-port.ts'
import { serve } from '../process/serve.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withOperations } from './configured.ts'
import { readText } from './read-options.ts'
import { add, readGateMembers, readMembers, update } from './resources/resources.ts'

export async function protect(call: Call): Promise<number> {
  // The process that started this one has settled all that follows.
  if (cluster.isWorker) return serve(call.program)
  const protections = readProtections(call)
  const PROTECT = protections.map(renderProtection).join(',')
  const config = readEnvironment({ ...call.variables, PROTECT })
  if (!config.ok) throw new CommandRefused(config.error.join('\n'))
  // Tokens are for an address, which holds the port.
  const { port, issuer } = await resolvePort(config.value)
  const variables = { ...call.variables, PROTECT, PORT: String(port), ISSUER: issuer }
  await keep({ ...call, variables }, protections, issuer)
  return serve(call.program, variables)
}

function readProtections(call: Call): Protection[] {
  const at = readText(call, 'at')
  const protections = call.positionals.map((raw) => {
    const read = parseProtection(raw)
    if (!read.ok) throw new CommandRefused(`The address of the MCP server must ${read.error}, but is "${raw}".`)
    const protection = at === undefined ? read.value : { ...read.value, path: at }
    const path = checkGatePath(gatePathOf(protection))
    if (!path.ok) throw new CommandRefused(path.error)
    return protection
  })
  if (protections.length > 1 && Object.keys(call.options).length > 0)
    throw new CommandRefused('These options are for one MCP server: give each its own with resource add, or write PATH=URL for a path.')
  return protections
}

/** What the options say is kept with the resource. Its upstream is that of this run alone. */
async function keep(call: Call, [protection, ...more]: readonly Protection[], issuer: string): Promise<void> {
  const members = readMembers(call)
  const gate = readGateMembers(call)
  if (more.length > 0 || (Object.keys(members).length === 0 && gate === undefined)) return
  const identifier = protectedResource(issuer, protection!)
  await withOperations(call, async (context) => {
    const known = await findResource(context, identifier)
    if (known.ok) await update(call, context, known.value, members, gate)
    else await add(call, context, { identifier, ...members }, gate)
  })
}
