/** `access explain`. */
import type { Verdict } from '../../domain/access/decide-access.ts'
import * as operations from '../../operations/access/explain.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readText } from '../read-options.ts'
import { printJson, printTable } from '../terminal/print.ts'

export async function explainAccess(call: Call): Promise<void> {
  const [username = '', resource = ''] = call.positionals
  const asked = { username, resource, client: readText(call, 'client'), tool: readText(call, 'tool') }
  const explained = valueOf(call, await withOperations(call, (context) => operations.explainAccess(context, asked)))
  if (isSet(call, 'json')) return printJson(call, operations.accessJson(explained))
  const { user, resource: about, groups, use, scopes, tool } = explained
  call.output.write(
    `${user.username}, ${groups.length === 0 ? 'who is in no group' : `who is in ${groups.join(', ')}`}, at ${about.identifier}:\n`,
  )
  const rows = [['the MCP server', use] as const, ...scopes.map(({ scope, verdict }) => [scope, verdict] as const)]
  const all = tool === undefined ? rows : [...rows, [`tool ${tool.name}`, tool.verdict] as const]
  printTable(
    call,
    ['What', 'May', 'Because of'],
    all.map(([what, verdict]) => [what, may(verdict), reasonOf(verdict)]),
  )
}

const may = ({ allowed, acr }: Verdict): string => (allowed ? 'yes' : acr === undefined ? 'no' : `after a login of ${acr}`)

function reasonOf({ allowed, rule }: Verdict): string {
  if (rule !== undefined) return `rule ${rule}`
  return allowed ? 'no rule says otherwise' : 'no rule allows it'
}
