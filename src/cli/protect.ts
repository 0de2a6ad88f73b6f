/** `protect`: this server with MCP servers behind it. */
import cluster from 'node:cluster'
import { isCommand } from '../domain/gate/command/command.ts'
import { checkWords } from '../domain/gate/command/command-line.ts'
import { checkGatePath, gatePathOf } from '../domain/gate/gate-path.ts'
import { protectedResource } from '../domain/gate/gate-table.ts'
import { parseProtection, renderProtection } from '../domain/gate/upstream-address.ts'
import type { Protection } from '../domain/gate/upstream-address.ts'
import { findResource } from '../operations/resources/resources.ts'
import { readEnvironment } from '../process/environment.ts'
import { resolvePort } from '../process/free-port.ts'
import { serve, serveTunneled } from '../process/serve.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withOperations } from './configured.ts'
import { isSet, readText } from './read-options.ts'
import { inThisFolder } from './resources/command-words.ts'
import { add, readGateMembers, readMembers, update } from './resources/resources.ts'

export async function protect(call: Call): Promise<number> {
  // The process that started this one has settled all that follows.
  if (cluster.isWorker) return serve(call.program)
  const protections = readProtections(call)
  const given = variablesOf(protections)
  if (isSet(call, 'tunnel'))
    return serveTunneled(call.program, { ...call.variables, ...given }, (variables) =>
      keep({ ...call, variables }, protections, variables['ISSUER']!),
    )
  const config = readEnvironment({ ...call.variables, ...given })
  if (!config.ok) throw new CommandRefused(config.error.join('\n'))
  // Tokens are for an address, which holds the port.
  const { port, issuer } = await resolvePort(config.value)
  const variables = { ...call.variables, ...given, PORT: String(port), ISSUER: issuer }
  await keep({ ...call, variables }, protections, issuer)
  return serve(call.program, variables)
}

function readProtections(call: Call): Protection[] {
  const at = readText(call, 'at')
  const { positionals, after } = call
  if (after !== undefined && positionals.length > 0)
    throw new CommandRefused('Give either addresses or, after --, a command: register the others with resource add.')
  if (after === undefined && positionals.length === 0)
    throw new CommandRefused('Give the address of your MCP server, or after -- the command that is one.')
  const given = after === undefined ? positionals.map(readAddress) : [readCommand(call, after)]
  const protections = given.map((read) => {
    const protection = at === undefined ? read : { ...read, path: at }
    const path = checkGatePath(gatePathOf(protection))
    if (!path.ok) throw new CommandRefused(path.error)
    return protection
  })
  if (protections.length > 1 && Object.keys(call.options).some((name) => name !== 'tunnel'))
    throw new CommandRefused('These options are for one MCP server: give each its own with resource add, or write PATH=URL for a path.')
  return protections
}

function readAddress(raw: string): Protection {
  const read = parseProtection(raw)
  if (!read.ok) throw new CommandRefused(`The address of the MCP server must ${read.error}, but is "${raw}".`)
  return read.value
}

function readCommand(call: Call, after: readonly string[]): Protection {
  const words = checkWords(after)
  if (!words.ok) throw new CommandRefused(`The command after -- must ${words.error}.`)
  return { upstream: inThisFolder(call, words.value) }
}

/** As the server reads them, in this process and in others. What isn't said here doesn't hold. */
const variablesOf = (protections: readonly Protection[]): { PROTECT: string; PROTECT_COMMAND: string } => ({
  PROTECT: protections
    .filter(({ upstream }) => !isCommand(upstream))
    .map(renderProtection)
    .join(','),
  PROTECT_COMMAND: protections.filter(({ upstream }) => isCommand(upstream)).map(renderProtection)[0] ?? '',
})

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
