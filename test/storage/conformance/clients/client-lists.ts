/** How an operator finds clients: by the beginning of their ids, names and hosts, and in the order of their use. */
import type { Client, RegisteredClient } from '#src/domain/client/client.ts'
import { check, same } from '../check.ts'
import { NOW, addClient, makeClient } from '../records.ts'

const idsOf = (clients: readonly Client[]): string[] => clients.map(({ id }) => id)

export const clientLists = [
  check('clients are found by the beginning of their ids, in the order of these, a page at a time', async (storage) => {
    const { clients } = storage
    for (const id of ['client_b', 'client_B', 'https://a.example/1', 'client_a', 'https://a.example/2', 'https://b.example/'])
      await addClient(storage, { id, approval: id.endsWith('1') ? 'waiting' : undefined })
    same(idsOf(await clients.listFrom({ limit: 9 })), [
      'client_B',
      'client_a',
      'client_b',
      'https://a.example/1',
      'https://a.example/2',
      'https://b.example/',
    ])
    same(idsOf(await clients.listFrom({ prefix: 'https://a', limit: 9 })), ['https://a.example/1', 'https://a.example/2'])
    same(idsOf(await clients.listFrom({ prefix: 'https://a', after: 'https://a.example/1', limit: 9 })), ['https://a.example/2'])
    same(idsOf(await clients.listFrom({ prefix: 'client_', limit: 1 })), ['client_B'])
    same(idsOf(await clients.listFrom({ prefix: 'x', limit: 9 })), [])
  }),
  check('clients are found by the beginning of name and host as they are now, those of one name by age', async (storage) => {
    const { clients } = storage
    const authorizedAt = 1
    const metadata = (client_name: string, ...redirectUris: string[]) => ({
      ...makeClient().metadata,
      redirectUris,
      display: { client_name },
    })
    const old = await addClient(storage, { metadata: metadata('Comet', 'https://a.example/'), createdAt: 1, authorizedAt })
    const late = await addClient(storage, {
      metadata: metadata('comet', 'http://127.0.0.1/', 'https://A.example:1/'),
      createdAt: 2,
      authorizedAt,
    })
    const other = await addClient(storage, { metadata: metadata('Comet_2', 'app://x'), createdAt: 1, origin: 'operator' })
    const search = async (by: 'name' | 'host', prefix: string, limit = 9) =>
      (await clients.listByKey(by, prefix, { limit })).map(({ client, key }) => [client.id, key])
    same(await search('name', 'comet'), [
      [other.id, 'comet_2'],
      [late.id, 'comet'],
      [old.id, 'comet'],
    ])
    const [first] = await clients.listByKey('name', 'comet', { limit: 1 })
    const after = { key: first!.key, createdAt: first!.client.createdAt, id: first!.client.id }
    same(
      (await clients.listByKey('name', 'comet', { limit: 1, after })).map(({ client }) => client.id),
      [late.id],
    )
    same(await search('host', 'a.ex', 1), [[late.id, 'a.example:1']])
    same(await search('name', 'comet%'), [])
    if (old.origin !== 'registration') throw new Error(old.origin)
    await clients.update({ before: old, after: { ...old, metadata: metadata('Star', 'https://b.example/') } })
    same(await search('name', 'star'), [[old.id, 'star']])
    same(await search('host', 'a.example/'), [])
    const unused = async (by: 'name' | 'host', prefix: string, among = 9) =>
      idsOf(await clients.listUnused(by, prefix, { among, limit: 9 }))
    const shared = { ...(await clients.find(old.id))!, id: 'client_shared', metadata: metadata('Shared', 'https://s.example/') }
    await clients.insertShared(shared as RegisteredClient, 'key')
    same(
      [await unused('host', 's.'), await unused('name', 'shared'), await search('host', 's.')],
      [['client_shared'], ['client_shared'], []],
    )
    await clients.wait('client_shared')
    same([await unused('host', 's.'), await search('host', 's.')], [[], [['client_shared', 's.example']]])
    const document = { id: 'https://d.example/client', fetchedAt: NOW, freshUntil: NOW }
    await clients.saveDocument({ ...document, metadata: metadata('One', 'https://x.example/') })
    await clients.saveDocument({ ...document, metadata: metadata('Two', 'https://x.example/') })
    same([await unused('name', 'one'), await unused('name', 'two'), await unused('host', 'd.')], [[], [document.id], [document.id]])
    await addClient(storage, { metadata: metadata('Newer'), createdAt: NOW + 1 })
    same(await unused('name', 'two', 1), [], 'not among the newest')
    await clients.touch(document.id, NOW)
    same([await unused('name', 'two'), await search('host', 'd.')], [[], [[document.id, 'd.example']]])
  }),
  check('clients that were used are listed by their last use, a page at a time', async (storage) => {
    for (const at of [3, 1, 2]) await addClient(storage, { id: `client_${at}`, lastUsedAt: at, authorizedAt: 1 })
    await addClient(storage, { id: 'client_2_too', lastUsedAt: 2, authorizedAt: 2 })
    await addClient(storage, { id: 'client_unused' })
    const { clients } = storage
    same(idsOf(await clients.listUsed({ limit: 9 })), ['client_3', 'client_2_too', 'client_2', 'client_1'])
    same(idsOf(await clients.listUsed({ limit: 1, after: { at: 2, id: 'client_2_too' } })), ['client_2'])
  }),
]
