import { addAdmissionRule, admissionRuleJson, deleteAdmissionRule, listAdmissionRules } from '#src/operations/admission/admission.ts'
import { explainAdmission } from '#src/operations/admission/explain.ts'
import type { OperationContext } from '#src/operations/context.ts'
import { NOW, addIdentity, addProvider, addUser, makeIdentity } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

const withAdmit = (context: OperationContext, ...admit: string[]): OperationContext => ({
  ...context,
  config: { ...context.config, admit },
})

export const admission: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'adding an admission rule': {
      prepare: async ({ storage }) => {
        await storage.groups.insert({ name: 'staff', description: '', createdAt: NOW })
        return (context) => addAdmissionRule(context, '@Acme.com', 'staff')
      },
      event: { name: 'admission_rule.added', details: { rule: '@acme.com', group: 'staff' } },
      look: ({ admissionRules }) => admissionRules.list(),
    },
    'deleting an admission rule': {
      prepare: async ({ context }) => {
        await addAdmissionRule(context, 'github:org=acme')
        return (context) => deleteAdmissionRule(context, 'GitHub:org=Acme')
      },
      event: { name: 'admission_rule.deleted', details: { rule: 'github:org=acme' } },
      look: ({ admissionRules }) => admissionRules.list(),
    },
  })

  await t.test('rules of ADMIT and those that were added are listed together', async (t) => {
    const { context } = await open()
    await addAdmissionRule(context, 'github:org=acme')
    t.strictSame(valueOf(await listAdmissionRules(withAdmit(context, '@acme.com'))).map(admissionRuleJson), [
      { rule: '@acme.com', kind: 'domain', from: 'ADMIT' },
      { rule: 'github:org=acme', kind: 'org', from: 'command', created_at: new Date(NOW).toISOString() },
    ])
  })

  await t.test('what cannot be is refused, without a trace', async (t) => {
    const scene = await open()
    const { context } = scene
    await addAdmissionRule(context, '@acme.com')
    const admitting = withAdmit(context, 'github:org=acme')
    await checkRefused(t, scene, [
      [addAdmissionRule(context, '@ACME.com'), { kind: 'conflict', message: 'There is a rule @acme.com already.' }],
      [addAdmissionRule(admitting, 'github:org=Acme'), { kind: 'conflict', message: 'github:org=acme is in ADMIT already.' }],
      [addAdmissionRule(context, '@other.com', 'nobody'), { kind: 'not-found', message: 'There is no group nobody.' }],
      [addAdmissionRule(context, '@*.acme.com'), { kind: 'invalid', message: /^"@\*\.acme\.com" is no rule: it must name each domain/ }],
      [deleteAdmissionRule(context, '*'), { kind: 'invalid' }],
      [deleteAdmissionRule(context, '@other.com'), { kind: 'not-found', message: 'There is no rule @other.com.' }],
      [deleteAdmissionRule(admitting, 'github:org=acme'), { kind: 'conflict', message: /^github:org=acme is in ADMIT: take it out there/ }],
      [explainAdmission(context, 'acme.com'), { kind: 'invalid', message: '"acme.com" is no e-mail address such as you@example.com.' }],
    ])
  })

  await t.test('an address is explained: what a newcomer meets, and how those stand who have it', async (t) => {
    const { context, storage } = await open()
    t.match(valueOf(await explainAdmission(context, 'eve@acme.com')), {
      newcomer: { admitted: false, reason: 'no-rules' },
      depends: [],
      users: [],
    })
    await addAdmissionRule(context, '@acme.com')
    await addAdmissionRule(context, 'acme:claim=/groups=staff')
    t.match(valueOf(await explainAdmission(context, 'Eve@Acme.com')), {
      email: 'eve@acme.com',
      newcomer: { admitted: true, by: '@acme.com' },
    })

    const provider = await addProvider(storage, { name: 'acme' })
    const claims = { ...makeIdentity('', '').claims, named: { groups: ['staff'] } }
    const eve = await addUser(storage, { username: 'eve', email: 'eve@evil.example', origin: 'provider' })
    await addIdentity(storage, eve.id, provider.id, { claims })
    await addIdentity(storage, eve.id, provider.id)
    const made = await addUser(storage, { username: 'made', email: 'Eve@evil.example', createdAt: NOW + 1, disabledAt: undefined })
    await addIdentity(storage, made.id, provider.id)
    t.match(valueOf(await explainAdmission(context, 'eve@evil.example')), {
      newcomer: { admitted: false, reason: 'no-match', missing: ['@acme.com'] },
      depends: ['acme:claim=/groups=staff'],
      users: [
        {
          username: 'eve',
          known: false,
          disabled: false,
        },
        { username: 'made', known: true, identities: [{ provider: 'acme', admission: { admitted: true, by: 'known' } }] },
      ],
    })
    const [{ identities } = { identities: [] }] = valueOf(await explainAdmission(context, 'eve@evil.example')).users
    t.strictSame(identities.map(({ admission }) => ('by' in admission ? admission.by : 'refused')).sort(), [
      'acme:claim=/groups=staff',
      'refused',
    ])
  })
}
