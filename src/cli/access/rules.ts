/** `access allow`, `deny`, `list` and `delete`. */
import type { AccessRule } from '../../domain/access/access-rule.ts'
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import type { Item } from '../managed.ts'
import { isSet, readText, readTexts } from '../read-options.ts'
import { dayOf, printJson, printTable } from '../terminal/print.ts'

export const allow = (call: Call): Promise<void> => add(call, 'allow')
export const deny = (call: Call): Promise<void> => add(call, 'deny')

async function add(call: Call, effect: AccessRule['effect']): Promise<void> {
  const body = {
    effect,
    resource: call.positionals[0]!,
    everybody: isSet(call, 'everybody'),
    group: readText(call, 'group'),
    user: readText(call, 'user'),
    scopes: readTexts(call, 'scope'),
    clients: readTexts(call, 'client'),
    client_hosts: readTexts(call, 'clientHost'),
    verified_clients: isSet(call, 'verifiedClients'),
    acr: readText(call, 'acr'),
  }
  const { closes, ...added } = await askFor(call, 'access-rule.add', { body })
  if (isSet(call, 'json')) return printJson(call, added)
  call.output.write(`Rule ${added.id}: ${effect} ${describe(added)} at ${added.resource}.\n`)
  if (closes) call.errors.write(`From now on, nobody else may use ${added.resource}.\n`)
}

/** Whom, what, by which clients, and how strongly logged in. */
function describe({ who, scopes, clients, acr }: Pick<Item<'access-rule.list'>, 'who' | 'scopes' | 'clients' | 'acr'>): string {
  const what = scopes === undefined ? 'everything' : scopes.join(' ')
  const more = [clientsOf(clients), acr === undefined ? '' : `with ${acr}`].filter((part) => part !== '')
  return [who, what, ...more].join(', ')
}

function clientsOf(clients: AccessRule['clients']): string {
  if (clients === undefined) return ''
  const { verified, hosts, ids } = clients
  return `by ${[...(verified ? ['verified clients'] : []), ...hosts, ...ids].join(', ')}`
}

export async function listRules(call: Call): Promise<void> {
  const { items: rules } = await askFor(call, 'access-rule.list', { query: { resource: readText(call, 'resource') } })
  if (isSet(call, 'json')) return printJson(call, rules)
  if (rules.length === 0) return void call.output.write('There are no access rules.\n')
  printTable(
    call,
    ['Resource', 'Effect', 'Who', 'What', 'Since', 'Rule'],
    rules.map((rule) => [
      rule.resource,
      rule.effect,
      rule.who,
      describe({ ...rule, who: '' }).replace(/^, /, ''),
      dayOf(rule.created_at),
      rule.id,
    ]),
  )
}

export async function deleteRule(call: Call): Promise<void> {
  const hints = { 'not-found': `List them with: ${call.program} access list` }
  const { resource, opens } = await askFor(call, 'access-rule.delete', { params: { id: call.positionals[0]! } }, hints)
  call.output.write('The rule is deleted.\n')
  if (opens) call.errors.write(`No rule allows anybody to use ${resource} any more: from now on everybody may, unless a rule denies it.\n`)
}
