/** `access allow`, `deny`, `list` and `delete`. */
import type { AccessRule } from '../../domain/access/access-rule.ts'
import * as operations from '../../operations/access/rules.ts'
import type { NamedRule } from '../../operations/access/rules.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readText, readTexts } from '../read-options.ts'
import { day, printJson, printTable } from '../terminal/print.ts'

export const allow = (call: Call): Promise<void> => add(call, 'allow')
export const deny = (call: Call): Promise<void> => add(call, 'deny')

async function add(call: Call, effect: AccessRule['effect']): Promise<void> {
  const members = {
    everybody: isSet(call, 'everybody'),
    group: readText(call, 'group'),
    user: readText(call, 'user'),
    scopes: readTexts(call, 'scope'),
    clients: readTexts(call, 'client'),
    clientHosts: readTexts(call, 'clientHost'),
    verifiedClients: isSet(call, 'verifiedClients'),
    acr: readText(call, 'acr'),
  }
  const named = call.positionals[0]!
  const added = valueOf(call, await withOperations(call, (context) => operations.addRule(context, effect, named, members)))
  if (isSet(call, 'json')) return printJson(call, operations.ruleJson(added))
  call.output.write(`Rule ${added.rule.id}: ${effect} ${describe(added)} at ${added.resource}.\n`)
  if (added.closes) call.errors.write(`From now on, nobody else may use ${added.resource}.\n`)
}

/** Whom, what, by which clients, and how strongly logged in. */
function describe({ rule, who }: NamedRule): string {
  const what = rule.scopes === undefined ? 'everything' : rule.scopes.join(' ')
  const more = [clientsOf(rule), rule.acr === undefined ? '' : `with ${rule.acr}`].filter((part) => part !== '')
  return [who, what, ...more].join(', ')
}

function clientsOf({ clients }: AccessRule): string {
  if (clients === undefined) return ''
  const { verified, hosts, ids } = clients
  return `by ${[...(verified ? ['verified clients'] : []), ...hosts, ...ids].join(', ')}`
}

export async function listRules(call: Call): Promise<void> {
  const named = readText(call, 'resource')
  const rules = valueOf(call, await withOperations(call, (context) => operations.listRules(context, named)))
  if (isSet(call, 'json')) return printJson(call, rules.map(operations.ruleJson))
  if (rules.length === 0) return void call.output.write('There are no access rules.\n')
  printTable(
    call,
    ['Resource', 'Effect', 'Who', 'What', 'Since', 'Rule'],
    rules.map(({ rule, resource, who }) => [
      resource,
      rule.effect,
      who,
      describe({ rule, resource, who: '' }).replace(/^, /, ''),
      day(rule.createdAt),
      rule.id,
    ]),
  )
}

export async function deleteRule(call: Call): Promise<void> {
  const deleted = await withOperations(call, (context) => operations.deleteRule(context, call.positionals[0]!))
  const { resource, opens } = valueOf(call, deleted, { 'not-found': `List them with: ${call.program} access list` })
  call.output.write('The rule is deleted.\n')
  if (opens) call.errors.write(`No rule allows anybody to use ${resource} any more: from now on everybody may, unless a rule denies it.\n`)
}
