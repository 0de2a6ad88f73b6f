/** Who may come in by a provider. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { parseAdmissionRule } from '../../domain/admission/admission-rule.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import { duration } from '../durations.ts'
import { parts, setting } from '../kinds.ts'
import type { Reading } from '../kinds.ts'

/** A comma ends a rule: values with commas are added by command. */
function readRules(raw: string): Reading {
  const rules: string[] = []
  for (const part of parts(raw)) {
    const rule = parseAdmissionRule(part)
    if (!rule.ok) return err(`be a list of rules, each of which must ${rule.error}`)
    if (rules.includes(rule.value.text)) return err(`name ${rule.value.text} only once`)
    rules.push(rule.value.text)
  }
  return ok(rules)
}

export const ADMISSION_SETTINGS = {
  admit: Type.Optional(
    setting(Type.Unsafe<readonly string[]>(Type.Array(Type.String())), {
      name: 'ADMIT',
      about:
        'Who may come in by a provider such as Google, besides people whom you made or invited; `admission add` adds more rules. Logins with a ' +
        'password are not concerned.',
      accepts:
        'a list of `you@example.com`, `@acme.com`, `google:hd=acme.com`, `github:org=acme`, `github:team=acme/ops`, `microsoft:tenant=ID` or ' +
        '`NAME:claim=/groups=admins`, separated by commas',
      example: '@acme.com,github:org=acme',
      read: readRules,
    }),
  ),
  providerGrace: duration('PROVIDER_GRACE', ['10m', '365d'], {
    about:
      'How long people stay who came by a provider that cannot be asked about them, because it does not answer, or gave nothing to ask with.',
    fallback: '24h',
    example: '1h',
  }),
}
