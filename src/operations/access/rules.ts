/** Access rules: who may use which MCP server, by which client, and how strongly logged in. */
import type { AccessRule } from '../../domain/access/access-rule.ts'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { findResource } from '../resources/resources.ts'
import { parseRule } from './rule-members.ts'
import type { RuleMembers } from './rule-members.ts'

/** A rule with the names of what it is about. */
export interface NamedRule {
  readonly rule: AccessRule
  /** The address of the resource. */
  readonly resource: string
  /** In words: `everybody`, `group staff`, `user helen`. */
  readonly who: string
}

export interface AddedRule extends NamedRule {
  /** Whether nobody else may use the resource from now on: it is its first rule that allows anybody. */
  readonly closes: boolean
}

/** Rules in the order in which they were made; of one resource, if that is asked for. */
export async function listRules(context: OperationContext, named?: string): Promise<Outcome<NamedRule[]>> {
  const resource = named === undefined ? ok(undefined) : await findResource(context, named)
  if (!resource.ok) return resource
  return ok(await nameRules(context, resource.value?.id))
}

async function nameRules(context: OperationContext, only?: string): Promise<NamedRule[]> {
  const rules = (await context.storage.accessRules.list()).filter(({ resourceId }) => only === undefined || resourceId === only)
  const resources = new Map((await context.storage.resources.list()).map(({ id, identifier }) => [id, identifier]))
  const listed: NamedRule[] = []
  // A resource that went in between took its rules along.
  for (const rule of rules.filter(({ resourceId }) => resources.has(resourceId)))
    listed.push({ rule, resource: resources.get(rule.resourceId)!, who: await describeWho(context, rule) })
  return listed
}

export async function addRule(
  context: OperationContext,
  effect: AccessRule['effect'],
  named: string,
  raw: RuleMembers,
): Promise<Outcome<AddedRule>> {
  const resource = await findResource(context, named)
  if (!resource.ok) return resource
  const members = await parseRule(context, resource.value, effect, raw)
  if (!members.ok) return members
  const { id: resourceId, identifier } = resource.value
  const rule = { id: context.newId(), resourceId, effect, ...members.value, createdAt: context.now() }
  const closes = effect === 'allow' && !(await allowsOf(context, resource.value)).length
  const who = await describeWho(context, rule)
  const event = operatorEvent(context, { name: 'access_rule.added', details: ruleDetails({ rule, resource: identifier, who }) })
  await context.storage.accessRules.insert(rule, event)
  return ok({ rule, resource: identifier, who, closes })
}

/** @returns what it was, and whether everybody may use the resource again */
export async function deleteRule(context: OperationContext, id: string): Promise<Outcome<NamedRule & { readonly opens: boolean }>> {
  const found = (await nameRules(context)).find(({ rule }) => rule.id === id)
  if (found === undefined) return notFound(`There is no access rule ${plainText(id, 100)}.`)
  const event = operatorEvent(context, { name: 'access_rule.deleted', details: ruleDetails(found) })
  if (!(await context.storage.accessRules.delete(id, event))) return changedMeanwhile(id)
  const isLast = found.rule.effect === 'allow' && !(await allowsOf(context, { id: found.rule.resourceId })).length
  return ok({ ...found, opens: isLast && context.config.accessDefault === 'open' })
}

async function allowsOf({ storage }: OperationContext, { id }: Pick<Resource, 'id'>): Promise<AccessRule[]> {
  return (await storage.accessRules.list()).filter(({ resourceId, effect }) => resourceId === id && effect === 'allow')
}

async function describeWho({ storage }: OperationContext, { who }: Pick<AccessRule, 'who'>): Promise<string> {
  if (who.kind === 'everybody') return 'everybody'
  if (who.kind === 'group') return `group ${who.group}`
  return `user ${(await storage.users.find(who.userId))?.username ?? '(deleted)'}`
}

const ruleDetails = (named: NamedRule) => {
  const { id, created_at: _at, ...members } = ruleJson(named)
  return fitDetails({ rule: id, ...members })
}

/** A rule as programs read it. */
export const ruleJson = ({ rule: { id, effect, scopes, clients, acr, createdAt }, resource, who }: NamedRule) => ({
  id,
  resource,
  effect,
  who,
  ...(scopes !== undefined && { scopes }),
  ...(clients !== undefined && { clients }),
  ...(acr !== undefined && { acr }),
  created_at: new Date(createdAt).toISOString(),
})
