import { sha256 } from '#src/domain/protocol/sha256.ts'
import { resourceJson } from '#src/operations/resources/resource-json.ts'
import {
  addResource,
  changeGate,
  deleteResource,
  findResource,
  keepTools,
  listResources,
  rotateResourceSecret,
  updateResource,
} from '#src/operations/resources/resources.ts'
import { NOW, addResource as insertResource } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

const identifier = 'https://mcp.example.com/mcp'

export const resources: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'adding a resource': {
      prepare: async () => (context) => addResource(context, { identifier, name: 'Planets', tokenTtl: 900 }),
      event: { name: 'resource.registered', details: { resource: identifier, name: 'Planets', scopes: [], token_ttl: 900 } },
      look: ({ resources }) => resources.list(),
    },
    'updating a resource': {
      prepare: async ({ storage }) => {
        const resource = await insertResource(storage, { identifier, name: 'Planets' })
        return (context) => updateResource(context, resource, { name: 'Moons' })
      },
      event: { name: 'resource.updated', details: { resource: identifier, name: ['Planets', 'Moons'] } },
      look: ({ resources }) => resources.list(),
    },
    'changing what is behind a resource': {
      prepare: async ({ storage }) => {
        const resource = await insertResource(storage, { identifier, name: 'Planets' })
        return (context) => changeGate(context, resource, { upstream: 'http://localhost:3001/mcp' })
      },
      event: { name: 'resource.updated' },
      look: ({ resources }) => resources.list(),
    },
    'rotating the secret of a resource': {
      prepare: async ({ storage }) => {
        const resource = await insertResource(storage, { identifier })
        return (context) => rotateResourceSecret(context, resource)
      },
      event: { name: 'resource.secret_rotated', details: { resource: identifier } },
      look: ({ resources }) => resources.list(),
    },
    'deleting a resource': {
      prepare: async ({ storage }) => {
        const resource = await insertResource(storage, { identifier })
        return (context) => deleteResource(context, resource)
      },
      event: { name: 'resource.deleted', details: { resource: identifier } },
      look: ({ resources }) => resources.list(),
    },
  })

  await t.test('a resource is what was said of it, and its secret is kept as a hash', async (t) => {
    const { context } = await open()
    const scopes = [
      { name: 'tools:read', description: 'Read \u202eyour tools' },
      { name: 'tools:write', description: '' },
    ]
    const { resource, secret } = valueOf(await addResource(context, { identifier, scopes, tokenFormat: 'opaque', alg: null }))
    t.match(resource, {
      id: /^resource_/,
      name: 'mcp.example.com',
      secretHash: sha256(secret),
      accessTokenFormat: 'opaque',
      createdAt: NOW,
    })
    t.strictSame(resource.scopes, [
      { name: 'tools:read', description: 'Read your tools' },
      { name: 'tools:write', description: 'tools:write' },
    ])
    t.equal(resource.accessTokenAlg, undefined, 'the setting of the server')
    t.match(valueOf(await findResource(context, identifier)), resource)
    t.match(valueOf(await findResource(context, resource.id)), resource, 'by its id, too')
    t.match(valueOf(await listResources(context)), [resource])
    t.notOk(JSON.stringify(resourceJson(resource)).includes(resource.secretHash))
    const changed = valueOf(await updateResource(context, resource, { scopes: [], tokenFormat: null, alg: 'RS256' }))
    t.strictSame(changed, { ...resource, scopes: [], accessTokenFormat: undefined, accessTokenAlg: 'RS256', updatedAt: NOW + 1 })
    const next = valueOf(await rotateResourceSecret(context, resource))
    t.equal(valueOf(await findResource(context, identifier)).secretHash, sha256(next))
  })

  await t.test('what cannot be is refused, without a trace', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const resource = await insertResource(storage, { identifier })
    const named = (name: string) => ({ scopes: [{ name, description: '' }] })
    await checkRefused(t, scene, [
      [addResource(context, { identifier }), { kind: 'conflict', message: `${identifier} is already registered.` }],
      [addResource(context, { identifier: 'http://mcp.example.com' }), { kind: 'invalid', message: /is not the address of an MCP server/ }],
      [addResource(context, { identifier: 'https://b.example', name: ' ' }), { kind: 'invalid', argument: { name: 'name' } }],
      [findResource(context, 'nothing'), { kind: 'not-found', message: 'There is no resource nothing.' }],
      [changeGate(context, resource, { command: ['npx'], directory: 'here' }), { kind: 'invalid', argument: { name: 'directory' } }],
      [updateResource(context, resource, {}), { kind: 'invalid', message: 'There is nothing to change.' }],
      [updateResource(context, resource, named('a b')), { kind: 'invalid', message: /^"a b" is not a scope/ }],
      [updateResource(context, resource, named('openid')), { kind: 'invalid', message: /^openid is a scope of this server/ }],
      [
        updateResource(context, resource, { scopes: [...named('a').scopes, ...named('a').scopes] }),
        { kind: 'invalid', message: 'The scope a appears twice.' },
      ],
      [
        updateResource(context, resource, { tokenTtl: 1 }),
        { kind: 'invalid', message: /^tokenTtl must be a duration from 30s to 1d, but is "1"/ },
      ],
      [updateResource(context, resource, { tokenTtl: NaN }), { kind: 'invalid', argument: { name: 'tokenTtl' } }],
      [updateResource(context, resource, { tokenFormat: 'saml' }), { kind: 'invalid', message: /^tokenFormat must be one of jwt, opaque/ }],
      [updateResource(context, resource, { alg: 'none' }), { kind: 'invalid', argument: { name: 'alg', value: 'none' } }],
    ])
    valueOf(await updateResource(context, resource, { name: 'Changed' }))
    const stale = { kind: 'conflict', message: `Someone else changed or deleted ${identifier} in the meantime.` } as const
    await checkRefused(t, scene, [
      [updateResource(context, resource, { name: 'Moons' }), stale],
      [changeGate(context, resource, { upstream: 'http://localhost:3001/mcp' }), stale],
    ])
    await storage.resources.delete(resource.id)
    await checkRefused(t, scene, [
      [deleteResource(context, resource), stale],
      [rotateResourceSecret(context, resource), stale],
    ])
  })

  await t.test('an operator says what scopes let apps do, and it stays while the words change', async (t) => {
    const scene = await open()
    const { context } = scene
    const given = (...names: string[]) => names.map((name) => ({ name, language: undefined, description: `To ${name}` }))
    const { resource } = valueOf(
      await addResource(context, {
        identifier,
        scopes: given('look', 'move'),
        scopeKinds: ['look=read', 'move=destroy'],
        requiredScopes: ['look'],
        scopeTools: ['look=see', 'look=a=b', 'look=see', 'move=push'],
      }),
    )
    t.strictSame(resource.scopes, [
      { name: 'look', description: 'To look', kind: 'read', required: true, tools: ['see', 'a=b'] },
      { name: 'move', description: 'To move', kind: 'destroy', tools: ['push'] },
    ])
    const reworded = valueOf(
      await updateResource(context, resource, { scopes: given('look', 'new'), requiredScopes: [], scopeTools: ['look='] }),
    )
    t.strictSame(reworded.scopes, [
      { name: 'look', description: 'To look', kind: 'read' },
      { name: 'new', description: 'To new' },
    ])
    t.strictSame(valueOf(await updateResource(context, reworded, { scopeKinds: ['new=write'] })).scopes[1], {
      name: 'new',
      description: 'To new',
      kind: 'write',
    })
    const unsaid = valueOf(await updateResource(context, valueOf(await findResource(context, identifier)), { scopeKinds: ['look='] }))
    t.strictSame(unsaid.scopes[0], { name: 'look', description: 'To look' }, 'what its tools say counts again')
    const now = valueOf(await findResource(context, identifier))
    await checkRefused(t, scene, [
      [updateResource(context, now, { scopeKinds: ['look=maybe'] }), { kind: 'invalid', argument: { name: 'scopeKind' } }],
      [
        updateResource(context, now, { scopeKinds: ['gone=read'] }),
        { kind: 'invalid', message: 'The resource has no scope gone: add it with --scope.' },
      ],
      [updateResource(context, now, { requiredScopes: ['gone'] }), { kind: 'invalid' }],
      [updateResource(context, now, { scopeTools: ['gone'] }), { kind: 'invalid' }],
      [updateResource(context, now, { name: '', scopeKinds: ['look=read'] }), { kind: 'invalid' }],
      [keepTools(context, reworded, []), { kind: 'conflict' }],
    ])
    const kept = valueOf(await keepTools(context, now, [{ name: 'see', annotations: { readOnlyHint: true } }, { name: '' }]))
    t.strictSame(kept.tools, [{ name: 'see', readOnly: true }])
    t.match(resourceJson(kept), { tools: [{ name: 'see' }], uncovered: [], ambiguous: [] })
    t.ok((await scene.events()).some(({ details }) => JSON.stringify(details['known_tools']) === '[null,["see"]]'))
  })
}
