/** Who may come in by a provider: rules of ADMIT and those that are kept, and what they say of somebody. */
import { parseAdmissionRule, storedRules } from '../../domain/admission/admission-rule.ts'
import type { AdmissionRule } from '../../domain/admission/admission-rule.ts'
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { conflict, invalid, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

export interface ListedRule {
  readonly rule: AdmissionRule
  /** The group of everybody of whom it holds. */
  readonly group?: string | undefined
  readonly from: 'ADMIT' | 'command'
  /** In ms; undefined for those of ADMIT. */
  readonly createdAt?: number | undefined
}

/** Those of ADMIT first. */
export async function listAdmissionRules({ storage, config }: OperationContext): Promise<Outcome<ListedRule[]>> {
  const configured = storedRules(config.admit ?? []).map((rule): ListedRule => ({ rule, from: 'ADMIT' }))
  const kept = (await storage.admissionRules.list()).flatMap(({ rule, group, createdAt }) =>
    storedRules([rule]).map((each): ListedRule => ({ rule: each, group, from: 'command', createdAt })),
  )
  return ok([...configured, ...kept])
}

/** @param group that everybody of whom the rule holds is in, from the next login or check */
export async function addAdmissionRule(context: OperationContext, raw: string, group?: string): Promise<Outcome<AdmissionRule>> {
  const rule = parse(raw)
  if (!rule.ok) return rule
  const { text } = rule.value
  if (context.config.admit?.includes(text) === true) return conflict(`${text} is in ADMIT already.`)
  if (group !== undefined && (await context.storage.groups.find(group)) === undefined)
    return notFound(`There is no group ${plainText(group, 100)}.`)
  const event = operatorEvent(context, { name: 'admission_rule.added', details: { rule: text, ...(group !== undefined && { group }) } })
  const inserted = await context.storage.admissionRules.insert({ rule: text, group, createdAt: context.now() }, event)
  return inserted ? rule : conflict(`There is a rule ${text} already.`)
}

/** People whom only this rule let in lose their access at the next check, within ten minutes. */
export async function deleteAdmissionRule(context: OperationContext, raw: string): Promise<Outcome<AdmissionRule>> {
  const rule = parse(raw)
  if (!rule.ok) return rule
  const { text } = rule.value
  const event = operatorEvent(context, { name: 'admission_rule.deleted', details: { rule: text } })
  if (await context.storage.admissionRules.delete(text, event)) return rule
  return context.config.admit?.includes(text) === true
    ? conflict(`${text} is in ADMIT: take it out there, and restart the server.`)
    : notFound(`There is no rule ${text}.`)
}

function parse(raw: string): Outcome<AdmissionRule> {
  const rule = parseAdmissionRule(raw)
  return rule.ok ? rule : invalid(`"${plainText(raw, 100)}" is no rule: it must ${rule.error}.`)
}

export function admissionRuleJson({ rule, group, from, createdAt }: ListedRule) {
  return {
    rule: rule.text,
    kind: rule.kind,
    ...(group !== undefined && { group }),
    from,
    ...(createdAt !== undefined && { created_at: new Date(createdAt).toISOString() }),
  }
}
