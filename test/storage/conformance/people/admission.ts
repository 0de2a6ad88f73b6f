/** Admission rules: each is kept once. */
import assert from 'node:assert/strict'
import { check, same, tally, together } from '../check.ts'
import { NOW, makeEvent } from '../records.ts'

export const admissionRules = [
  check(
    'of N callers who add a rule together, exactly one does, and rules are listed in order',
    async ({ admissionRules, auditEvents }) => {
      const [first, second] = [
        { rule: '@acme.com', group: undefined, createdAt: NOW },
        { rule: 'github:org=acme', group: 'acme', createdAt: NOW + 1 },
      ]
      const event = () => makeEvent({ name: 'admission_rule.added' })
      same(tally(await together(8, () => admissionRules.insert(second, event()))), { true: 1, false: 7 })
      assert.equal(await admissionRules.insert(first), true)
      same(await admissionRules.list(), [first, second])
      same((await auditEvents.list({ since: 0, limit: 10 })).length, 1)
    },
  ),
  check('a rule is deleted once, with its event', async ({ admissionRules, auditEvents }) => {
    await admissionRules.insert({ rule: '@acme.com', createdAt: NOW })
    same(tally(await together(5, () => admissionRules.delete('@acme.com', makeEvent()))), { true: 1, false: 4 })
    same(await admissionRules.list(), [])
    same((await auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
]
