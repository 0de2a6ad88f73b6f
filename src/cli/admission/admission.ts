/** `admission add`, `list` and `delete`. */
import * as operations from '../../operations/admission/admission.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readText } from '../read-options.ts'
import { minute, printJson, printTable } from '../terminal/print.ts'

export async function addAdmissionRule(call: Call): Promise<void> {
  const [raw = ''] = call.positionals
  const group = readText(call, 'group')
  const rule = valueOf(call, await withOperations(call, (context) => operations.addAdmissionRule(context, raw, group)))
  if (isSet(call, 'json')) return printJson(call, { rule: rule.text, kind: rule.kind, ...(group !== undefined && { group }) })
  call.output.write(`From now on, ${rule.text} may come in${group === undefined ? '' : `, and is in the group ${group}`}.\n`)
}

export async function listAdmissionRules(call: Call): Promise<void> {
  const rules = valueOf(call, await withOperations(call, operations.listAdmissionRules))
  if (isSet(call, 'json')) return printJson(call, rules.map(operations.admissionRuleJson))
  if (rules.length === 0)
    return void call.output.write(
      `There are none: only people whom you made or invited come in by a provider. Add one with: ${call.program} admission add <rule>\n`,
    )
  printTable(
    call,
    ['Rule', 'Group', 'From', 'Added'],
    rules.map(({ rule, group = '', from, createdAt }) => [rule.text, group, from, createdAt === undefined ? '' : minute(createdAt)]),
  )
}

export async function deleteAdmissionRule(call: Call): Promise<void> {
  const [raw = ''] = call.positionals
  const hints = { 'not-found': `List them with: ${call.program} admission list` }
  const rule = valueOf(call, await withOperations(call, (context) => operations.deleteAdmissionRule(context, raw)), hints)
  call.output.write(`${rule.text} lets nobody in any more. Whom only this rule let in loses access within ten minutes.\n`)
}
