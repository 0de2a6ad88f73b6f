/** `access explain`. */
import type { Verdict } from '../../domain/access/decide-access.ts'
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import { isSet, readText } from '../read-options.ts'
import { printJson, printTable } from '../terminal/print.ts'

export async function explainAccess(call: Call): Promise<void> {
  const [username = '', identifier = ''] = call.positionals
  const query = { user: username, resource: identifier, client: readText(call, 'client'), tool: readText(call, 'tool') }
  const explained = await askFor(call, 'access-rule.explain', { query })
  if (isSet(call, 'json')) return printJson(call, explained)
  const { user, resource, groups, use, scopes, tool } = explained
  call.output.write(`${user}, ${groups.length === 0 ? 'who is in no group' : `who is in ${groups.join(', ')}`}, at ${resource}:\n`)
  const rows = [['the MCP server', use] as const, ...Object.entries(scopes)]
  const all = tool === undefined ? rows : [...rows, [`tool ${tool.name}`, tool] as const]
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
