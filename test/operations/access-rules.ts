import { explainAccess } from '#src/operations/access/explain.ts'
import { addGroup, deleteGroup, joinGroup } from '#src/operations/access/groups.ts'
import { addRule, deleteRule, listRules, ruleJson } from '#src/operations/access/rules.ts'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { NOW, addClient, addResource, addUser } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Scene, Suite } from './scene.ts'

const identifier = 'https://planets.example/mcp'
const SCOPES = ['read', 'write'].map((name) => ({ name, description: name }))
const GATE = {
  identity: 'none',
  headers: [],
  tools: [
    { tool: 'move', scope: 'write' },
    { tool: 'lost', scope: 'gone' },
  ],
} as const

async function fill({ context, storage }: Scene) {
  const resource = await addResource(storage, { identifier, scopes: SCOPES, gate: GATE })
  await addUser(storage, { username: 'helen' })
  valueOf(await addGroup(context, { name: 'staff' }))
  return resource
}

export const accessRules: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'adding an access rule': {
      prepare: async (scene) => {
        await fill(scene)
        return (context) => addRule(context, 'allow', identifier, { group: 'staff', scopes: ['read'] })
      },
      event: { name: 'access_rule.added', details: { resource: identifier, effect: 'allow', who: 'group staff', scopes: ['read'] } },
      look: ({ accessRules }) => accessRules.list(),
    },
    'deleting an access rule': {
      prepare: async (scene) => {
        await fill(scene)
        const { rule } = valueOf(await addRule(scene.context, 'deny', identifier, { everybody: true }))
        return (context) => deleteRule(context, rule.id)
      },
      event: { name: 'access_rule.deleted', details: { resource: identifier, effect: 'deny', who: 'everybody' } },
      look: ({ accessRules }) => accessRules.list(),
    },
  })

  await t.test('an operator sees the rules in words, and when a resource closes and opens', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const resource = await fill(scene)
    const client = await addClient(storage)
    const by = { clients: [client.id, 'https://app.example/client.json'], clientHosts: ['App.example'], verifiedClients: true }
    const first = valueOf(await addRule(context, 'allow', resource.id, { user: 'HELEN', ...by, acr: PASSWORD_LOGIN.acr }))
    const second = valueOf(await addRule(context, 'allow', identifier, { group: 'staff', scopes: ['read', 'read'] }))
    const third = valueOf(await addRule(context, 'deny', identifier, { everybody: true, scopes: ['write'] }))
    t.strictSame(
      [first, second, third].map(({ closes }) => closes),
      [true, false, false],
    )
    t.strictSame(ruleJson(first), {
      id: first.rule.id,
      resource: identifier,
      effect: 'allow',
      who: 'user helen',
      clients: { verified: true, hosts: ['app.example'], ids: by.clients },
      acr: PASSWORD_LOGIN.acr,
      created_at: new Date(NOW).toISOString(),
    })
    t.match(ruleJson(second), { who: 'group staff', scopes: ['read'] })
    const other = await addResource(storage)
    valueOf(await addRule(context, 'deny', other.identifier, { everybody: true }))
    t.equal(valueOf(await listRules(context)).length, 4)
    t.strictSame(
      valueOf(await listRules(context, identifier))
        .map(({ who }) => who)
        .sort(),
      ['everybody', 'group staff', 'user helen'],
    )
    await storage.users.delete((await storage.users.findByUsername('helen'))!.id, NOW)
    t.ok(valueOf(await listRules(context)).some(({ who }) => who === 'user (deleted)'))
    t.equal(valueOf(await deleteRule(context, first.rule.id)).opens, false)
    const closed = { ...context, config: { ...context.config, accessDefault: 'closed' } } as const
    t.equal(valueOf(await deleteRule(closed, second.rule.id)).opens, false)
    const last = valueOf(await addRule(context, 'allow', identifier, { everybody: true }))
    t.equal(valueOf(await deleteRule(context, third.rule.id)).opens, false)
    t.equal(valueOf(await deleteRule(context, last.rule.id)).opens, true)
  })

  await t.test('an operator learns what somebody may do, and which rule decides it', async (t) => {
    const scene = await open()
    const { context } = scene
    await fill(scene)
    valueOf(await joinGroup(context, 'staff', 'helen'))
    const explain = async (more: { client?: string; tool?: string } = {}) =>
      valueOf(await explainAccess(context, { username: 'helen', resource: identifier, ...more }))
    t.match(await explain(), { groups: ['staff'], use: { allowed: true }, tool: undefined })
    t.match((await explain({ tool: 'move' })).tool, { name: 'move', scope: 'write', verdict: { allowed: true } })
    const reading = valueOf(await addRule(context, 'allow', identifier, { group: 'staff', scopes: ['read'] }))
    const app = valueOf(await addRule(context, 'allow', identifier, { user: 'helen', clients: ['https://app.example/c'] }))
    t.match(await explain(), {
      use: { allowed: true, rule: reading.rule.id },
      scopes: [
        { scope: 'read', verdict: { allowed: true } },
        { scope: 'write', verdict: { allowed: false } },
      ],
    })
    t.match((await explain({ tool: 'move', client: 'https://app.example/c' })).tool, { verdict: { allowed: true, rule: app.rule.id } })
    t.match((await explain({ tool: 'other' })).tool, { verdict: { allowed: false } }, 'which no rule of the gate names')
    t.match((await explain({ tool: 'lost' })).tool, { scope: 'gone', verdict: { allowed: false } })
    const bare = await addResource(scene.storage, { scopes: [] })
    const all = valueOf(await explainAccess(context, { username: 'helen', resource: bare.identifier, tool: 'any' }))
    t.strictSame(all.tool, { name: 'any', verdict: { allowed: true } })
  })

  await t.test('what cannot be is refused, and changes nothing', async (t) => {
    const scene = await open()
    const { context } = scene
    await fill(scene)
    const { rule } = valueOf(await addRule(context, 'allow', identifier, { group: 'staff' }))
    const all = { everybody: true }
    const add = (raw: Parameters<typeof addRule>[3], effect: 'allow' | 'deny' = 'allow') => addRule(context, effect, identifier, raw)
    await checkRefused(t, scene, [
      [addRule(context, 'allow', 'https://nothing.example', all), { kind: 'not-found' }],
      [add({}), { kind: 'invalid', message: 'Say whom the rule concerns: a group, a user, or everybody.' }],
      [add({ ...all, user: 'helen' }), { kind: 'invalid' }],
      [add({ user: 'nobody' }), { kind: 'not-found', message: 'There is no user nobody.' }],
      [add({ group: 'nothing' }), { kind: 'not-found', message: 'There is no group nothing.' }],
      [add({ ...all, scopes: ['gone'] }), { kind: 'invalid', message: `${identifier} has no scope gone.` }],
      [add({ ...all, clients: ['nobody'] }), { kind: 'not-found', message: 'There is no client nobody.' }],
      [add({ ...all, clientHosts: ['https://app.example'] }), { kind: 'invalid', argument: { name: 'clientHost' } }],
      [add({ ...all, clientHosts: ['a/b'] }), { kind: 'invalid', argument: { name: 'clientHost' } }],
      [add({ ...all, acr: 'strong' }), { kind: 'invalid', argument: { name: 'acr', value: 'strong' } }],
      [add({ ...all, acr: PASSWORD_LOGIN.acr }, 'deny'), { kind: 'invalid', message: /^A rule that denies has no acr/ }],
      [deleteRule(context, 'nothing'), { kind: 'not-found', message: 'There is no access rule nothing.' }],
      [listRules(context, 'https://nothing.example'), { kind: 'not-found' }],
      [explainAccess(context, { username: 'nobody', resource: identifier }), { kind: 'not-found' }],
      [explainAccess(context, { username: 'helen', resource: 'nothing' }), { kind: 'not-found' }],
      [
        deleteGroup(context, { name: 'staff', description: '', createdAt: NOW }),
        { kind: 'conflict', message: `Access rules name the group staff: delete ${rule.id} first.` },
      ],
    ])
    const gone = { ...context.storage.accessRules, delete: async () => false }
    const racing = { ...context, storage: { ...context.storage, accessRules: gone } }
    await checkRefused(t, scene, [[deleteRule(racing, rule.id), { kind: 'conflict' }]])
  })
}
