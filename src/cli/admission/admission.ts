/** `admission add`, `list` and `delete`. */
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import { isSet, readText } from '../read-options.ts'
import { minuteOf, printJson, printTable } from '../terminal/print.ts'

export async function addAdmissionRule(call: Call): Promise<void> {
  const [raw = ''] = call.positionals
  const group = readText(call, 'group')
  const added = await askFor(call, 'admission.add', { body: { rule: raw, group } })
  if (isSet(call, 'json')) return printJson(call, added)
  call.output.write(`From now on, ${added.rule} may come in${group === undefined ? '' : `, and is in the group ${group}`}.\n`)
}

export async function listAdmissionRules(call: Call): Promise<void> {
  const { items: rules } = await askFor(call, 'admission.list')
  if (isSet(call, 'json')) return printJson(call, rules)
  if (rules.length === 0)
    return void call.output.write(
      `There are none: only people whom you made or invited come in by a provider. Add one with: ${call.program} admission add <rule>\n`,
    )
  printTable(
    call,
    ['Rule', 'Group', 'From', 'Added'],
    rules.map(({ rule, group = '', from, created_at: added }) => [rule, group, from, added === undefined ? '' : minuteOf(added)]),
  )
}

export async function deleteAdmissionRule(call: Call): Promise<void> {
  const [raw = ''] = call.positionals
  const hints = { 'not-found': `List them with: ${call.program} admission list` }
  const { rule } = await askFor(call, 'admission.delete', { query: { rule: raw } }, hints)
  call.output.write(`${rule} lets nobody in any more. Whom only this rule let in loses access within ten minutes.\n`)
}
