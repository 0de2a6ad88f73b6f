/** The rules that say who may use which resource. */
import assert from 'node:assert/strict'
import type { AccessRule } from '#src/domain/access/access-rule.ts'
import { check, same, tally, together } from './check.ts'
import { NOW, addResource, addUser, makeEvent } from './records.ts'

const bare = (id: string, resourceId: string, createdAt = NOW): AccessRule => ({
  id,
  resourceId,
  effect: 'deny',
  who: { kind: 'everybody' },
  createdAt,
})

export const accessRules = [
  check('a rule is found with every member, is listed after the older ones, and an unknown one is undefined', async (storage) => {
    const { id: resourceId } = await addResource(storage)
    const user = await addUser(storage)
    await storage.groups.insert({ name: 'staff', description: '', createdAt: NOW })
    const full: AccessRule = {
      ...bare('full', resourceId, NOW + 1),
      effect: 'allow',
      who: { kind: 'group', group: 'staff' },
      scopes: ['tools:read'],
      clients: { verified: true, hosts: ['app.example'], ids: ['client'] },
      acr: 'urn:example:password',
    }
    const [everybody, one] = [bare('b', resourceId), { ...bare('a', resourceId), who: { kind: 'user', userId: user.id } } as const]
    for (const rule of [full, everybody, one]) await storage.accessRules.insert(rule)
    for (const rule of [full, everybody, one]) same(await storage.accessRules.find(rule.id), rule)
    assert.equal(await storage.accessRules.find('nothing'), undefined)
    same(await storage.accessRules.list(), [one, everybody, full])
  }),
  check('a change of the rules is recorded, and what is refused is not', async (storage) => {
    const { id: resourceId } = await addResource(storage)
    const event = (name: 'access_rule.added' | 'access_rule.deleted') => makeEvent({ name })
    await storage.accessRules.insert(bare('rule', resourceId), event('access_rule.added'))
    await assert.rejects(storage.accessRules.insert(bare('rule', resourceId), event('access_rule.added')), 'the id is taken')
    await assert.rejects(storage.accessRules.insert(bare('other', 'nothing'), event('access_rule.added')), 'no resource')
    const noGroup = { ...bare('other', resourceId), who: { kind: 'group', group: 'nothing' } } as const
    await assert.rejects(storage.accessRules.insert(noGroup, event('access_rule.added')))
    const deleted = await together(3, () => storage.accessRules.delete('rule', event('access_rule.deleted')))
    same(tally(deleted), { true: 1, false: 2 })
    const names = (await storage.auditEvents.list({ since: 0, limit: 10 })).map(({ name }) => name)
    same(names.sort(), ['access_rule.added', 'access_rule.deleted'])
  }),
  check('rules go with their resource; one about a deleted user stays, and a group stays as long as a rule names it', async (storage) => {
    const [gone, kept] = [await addResource(storage), await addResource(storage)]
    const user = await addUser(storage)
    await storage.groups.insert({ name: 'staff', description: '', createdAt: NOW })
    const ofUser = { ...bare('user', kept.id), who: { kind: 'user', userId: user.id } } as const
    const ofGroup = { ...bare('zgroup', kept.id), who: { kind: 'group', group: 'staff' } } as const
    for (const rule of [bare('gone', gone.id), ofUser, ofGroup]) await storage.accessRules.insert(rule)
    assert.equal(await storage.resources.delete(gone.id), true)
    assert.equal(await storage.users.delete(user.id, NOW), true)
    await assert.rejects(storage.groups.delete('staff'))
    same(await storage.accessRules.list(), [ofUser, ofGroup])
    await storage.accessRules.delete(ofGroup.id)
    assert.equal(await storage.groups.delete('staff'), true)
  }),
]
