import { sha256 } from '#src/domain/protocol/sha256.ts'
import { approveClient, refuseClient } from '#src/operations/clients/client-approval.ts'
import { clientJson } from '#src/operations/clients/client-json.ts'
import { holdClientToProfile } from '#src/operations/clients/client-profile.ts'
import {
  addClient,
  deleteClient,
  disableClient,
  enableClient,
  findClient,
  listClients,
  rotateClientSecret,
  showClient,
} from '#src/operations/clients/clients.ts'
import { sampleMetadata } from '#test/support/records.ts'
import { NOW, addClient as insertClient, addGrant, makeClient } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, problemOf, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

/** One that authenticates by its keys, as it registered itself. */
const KEYED = {
  secretHash: undefined,
  metadata: sampleMetadata({ tokenEndpointAuthMethod: 'private_key_jwt', jwksUri: 'https://client.example/keys' }),
}
const REQUEST = { redirect_uris: ['https://client.example/callback'], client_name: 'Comet' }

export const clients: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'adding a client': {
      prepare: async () => (context) => addClient(context, REQUEST),
      event: { name: 'client.registered', details: { client_name: 'Comet' } },
      look: ({ clients }) => clients.count(),
    },
    'holding a client to a profile': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage, KEYED)
        return (context) => holdClientToProfile(context, client, { profile: 'fapi2' })
      },
      event: { name: 'client.updated', details: { security_profile: [null, 'fapi2'] } },
      look: ({ clients }) => clients.list({ limit: 2 }),
    },
    'approving a client': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage, { approval: 'waiting' })
        return (context) => approveClient(context, client)
      },
      event: { name: 'client.approved', details: { client_name: 'An app', before: 'waiting' } },
      look: ({ clients }) => clients.list({ limit: 2 }),
    },
    'refusing a client': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage)
        return (context) => refuseClient(context, client)
      },
      event: { name: 'client.turned_away', details: { client_name: 'An app', before: null } },
      look: ({ clients }) => clients.list({ limit: 2 }),
    },
    'disabling a client': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage)
        return (context) => disableClient(context, client)
      },
      event: { name: 'client.disabled' },
      look: ({ clients }) => clients.list({ limit: 2 }),
    },
    'enabling a client': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage)
        await storage.clients.disable(client.id, NOW)
        return (context) => enableClient(context, client)
      },
      event: { name: 'client.enabled' },
      look: ({ clients }) => clients.list({ limit: 2 }),
    },
    'rotating the secret of a client': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage)
        return (context) => rotateClientSecret(context, client, {})
      },
      event: { name: 'client.secret_rotated', details: {} },
      look: ({ clients }) => clients.list({ limit: 2 }),
    },
    'deleting a client': {
      prepare: async ({ storage }) => {
        const client = await insertClient(storage)
        return (context) => deleteClient(context, client)
      },
      event: { name: 'client.deleted' },
      look: ({ clients }) => clients.count(),
    },
  })

  await t.test('decisions about clients that need none, have it already, or changed meanwhile change nothing', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const own = await insertClient(storage, { origin: 'operator' })
    const approved = await insertClient(storage, { approval: 'approved' })
    const refused = await insertClient(storage, { approval: 'refused' })
    const disabled = await insertClient(storage, { disabledAt: NOW })
    const gone = makeClient()
    await checkRefused(t, scene, [
      [approveClient(context, own), { kind: 'conflict', message: /needs no approval/ }],
      [refuseClient(context, own), { kind: 'conflict', message: /disable it instead/ }],
      [approveClient(context, approved), { kind: 'conflict', message: /is already approved/ }],
      [refuseClient(context, refused), { kind: 'conflict', message: /is already refused/ }],
      [approveClient(context, disabled), { kind: 'conflict', message: /is disabled: enable it first/ }],
      [approveClient(context, gone), { kind: 'conflict', message: /Someone else changed or deleted/ }],
      [refuseClient(context, gone), { kind: 'conflict', message: /Someone else changed or deleted/ }],
    ])
  })

  await t.test('a client has a secret if its authentication method needs one', async (t) => {
    const { context } = await open()
    for (const [method, secret] of [
      ['none', false],
      ['client_secret_basic', true],
      ['client_secret_post', true],
    ] as const) {
      const added = valueOf(await addClient(context, { ...REQUEST, token_endpoint_auth_method: method }))
      t.match(added.client, { id: /^client_/, origin: 'operator', createdAt: NOW })
      t.equal(added.secret !== undefined, secret, method)
      t.equal(added.client.secretHash, added.secret === undefined ? undefined : sha256(added.secret))
      const json = JSON.stringify(clientJson(valueOf(await findClient(context, added.client.id))))
      t.notOk(json.includes(added.client.secretHash ?? 'a hash') || json.includes(added.secret ?? 'a secret'))
    }
  })

  await t.test('a client that an operator holds to FAPI 2.0 is stored as it registered, and used as the profile has it', async (t) => {
    const { context, storage } = await open()
    const request = { ...REQUEST, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://client.example/keys' }
    const added = valueOf(await addClient(context, request, { profile: 'fapi2' }))
    t.match(added.client.metadata, { securityProfile: 'fapi2', dpopBoundAccessTokens: true, idTokenSignedResponseAlg: 'ES256' })
    const kept = valueOf(await findClient(context, added.client.id))
    t.match(clientJson(kept), { security_profile: 'fapi2', token_endpoint_auth_method: 'private_key_jwt' })
    t.equal(kept.metadata.dpopBoundAccessTokens, undefined)
    const free = valueOf(await holdClientToProfile(context, kept, { profile: 'none' }))
    t.equal(free.metadata.securityProfile, undefined)
    t.match(clientJson(valueOf(await findClient(context, kept.id))), { security_profile: undefined })
    valueOf(await holdClientToProfile(context, valueOf(await findClient(context, kept.id)), { profile: 'fapi2' }))
    t.match(await storage.clients.find(kept.id), { origin: 'operator', metadata: { securityProfile: 'fapi2' } })
    const plain = valueOf(await addClient(context, request, { profile: 'none' }))
    t.equal(plain.client.metadata.securityProfile, undefined)
  })

  await t.test('where the server holds everybody to it, an operator adds no other client', async (t) => {
    const { context } = await open()
    const strict = { ...context, config: { ...context.config, securityProfile: 'fapi2' as const } }
    t.match(problemOf(await addClient(strict, REQUEST)), {
      kind: 'invalid',
      message: /^token_endpoint_auth_method must be private_key_jwt .*\.$/,
    })
  })

  await t.test('what cannot meet the profile, or is not to be changed, stays as it is', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const held = await insertClient(storage, KEYED)
    const stale = await insertClient(storage, { ...KEYED, registrationAccessTokenHash: 'one' })
    await storage.clients.update({ before: stale, after: { ...stale, registrationAccessTokenHash: 'two' } })
    const disabled = await insertClient(storage, { ...KEYED, disabledAt: NOW })
    const document = await insertClient(storage, { origin: 'document', id: 'https://client.example/client.json' })
    const hold = (client: Parameters<typeof holdClientToProfile>[1], profile?: string) => holdClientToProfile(context, client, { profile })
    await checkRefused(t, scene, [
      [hold(await insertClient(storage)), { kind: 'invalid', argument: { name: 'profile' } }],
      [hold(held, 'fapi1'), { kind: 'invalid', message: 'profile must be none or fapi2, but is "fapi1".' }],
      [hold(await insertClient(storage), 'fapi2'), { kind: 'invalid', message: /^token_endpoint_auth_method must be private_key_jwt/ }],
      [hold(document, 'fapi2'), { kind: 'conflict', message: /is what its document says/ }],
      [hold(disabled, 'fapi2'), { kind: 'conflict', message: /is disabled: enable it first/ }],
      [hold(stale, 'fapi2'), { kind: 'conflict', message: /Someone else changed or deleted/ }],
    ])
  })

  await t.test('a new secret is valid at once, and the previous one as long as was said', async (t) => {
    const { context, storage } = await open()
    const client = await insertClient(storage, { secretHash: sha256('first') })
    const first = valueOf(await rotateClientSecret(context, client, {}))
    t.equal(first.overlap, 3600, 'as configured')
    t.match(await storage.clients.find(client.id), {
      secretHash: sha256(first.secret),
      previousSecretHash: sha256('first'),
      previousSecretExpiresAt: NOW + 3_600_000,
    })
    t.equal(valueOf(await rotateClientSecret(context, client, { overlap: 0 })).overlap, 0)
    t.match(await storage.clients.find(client.id), { previousSecretHash: sha256(first.secret), previousSecretExpiresAt: NOW })
  })

  await t.test('what cannot be is refused, without a trace', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const client = await insertClient(storage, { secretHash: undefined })
    await checkRefused(t, scene, [
      [addClient(context, {}), { kind: 'invalid', message: /^redirect_uris is required/ }],
      [findClient(context, 'nobody'), { kind: 'not-found', message: 'There is no client nobody.' }],
      [showClient(context, 'nobody'), { kind: 'not-found' }],
      [listClients(context, { after: 'nobody' }), { kind: 'not-found' }],
      [listClients(context, { limit: 0 }), { kind: 'invalid', message: 'limit must be a whole number from 1 to 1000, but is "0".' }],
      [listClients(context, { limit: 1.5 }), { kind: 'invalid', argument: { name: 'limit' } }],
      [enableClient(context, client), { kind: 'conflict', message: `${client.id} is not disabled.` }],
      [rotateClientSecret(context, client, {}), { kind: 'conflict', message: `${client.id} has no secret.` }],
      [rotateClientSecret(context, client, { overlap: -1 }), { kind: 'invalid', argument: { name: 'overlap', value: '-1' } }],
      [rotateClientSecret(context, client, { overlap: 31 * 86_400 }), { kind: 'invalid', message: /^overlap must be .* to 30d/ }],
      [rotateClientSecret(context, client, { overlap: NaN }), { kind: 'invalid' }],
    ])
    await storage.clients.disable(client.id, NOW)
    await checkRefused(t, scene, [[disableClient(context, client), { kind: 'conflict', message: `${client.id} is already disabled.` }]])
    await storage.clients.delete(client.id)
    await checkRefused(t, scene, [[deleteClient(context, client), { kind: 'conflict', message: /^Someone else changed or deleted/ }]])
  })

  await t.test('a list is read page by page, and says whether others follow', async (t) => {
    const { context, storage } = await open()
    for (const [age, name] of ['one', 'two', 'three'].entries())
      await storage.clients.insert(
        makeClient({ id: name, createdAt: NOW + age, metadata: { ...makeClient().metadata, display: { client_name: name } } }),
      )
    const first = valueOf(await listClients(context, { limit: 2 }))
    t.match(first, { clients: [{ id: 'three' }, { id: 'two' }], more: true })
    t.match(valueOf(await listClients(context, { limit: 2, after: 'two' })), { clients: [{ id: 'one' }], more: false })
    const found = valueOf(await listClients(context, { search: 'TWO' }))
    t.strictSame([found.clients.map(({ id }) => id), found.more], [['two'], false])
  })

  await t.test('a client is shown with the number of its live grants, and with what bounds it', async (t) => {
    const { context, storage } = await open()
    const client = await insertClient(storage, { policy: { redirectHosts: ['client.example'] } })
    await addGrant(storage, { client, grant: { expiresAt: NOW + 1 } })
    await addGrant(storage, { client, grant: { expiresAt: NOW } })
    const shown = valueOf(await showClient(context, client.id))
    t.equal(shown.liveGrants, 1)
    t.match(clientJson(shown.client), { origin: 'registration', policy: { redirect_hosts: ['client.example'] }, shared: false })
    const document = { id: 'https://c.example/client', metadata: client.metadata, fetchedAt: NOW, freshUntil: NOW }
    t.match(clientJson(await storage.clients.saveDocument(document)), {
      origin: 'document',
      policy: undefined,
      document_fetched_at: new Date(NOW).toISOString(),
    })
    t.equal(problemOf(await showClient(context, 'nobody')).kind, 'not-found')
  })
}
