/** Clients with a metadata document: the latest fetch wins, and no client of another origin is changed. */
import { ofOrigin } from '#test/support/records.ts'
import assert from 'node:assert/strict'
import type { FetchedDocument, Storage } from '#src/storage/storage.ts'
import { check, same, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addClient, addGrant, makeClient } from '../records.ts'

const ID = 'https://client.example/client.json'

const document = (changes: Partial<FetchedDocument> = {}): FetchedDocument => ({
  id: ID,
  metadata: makeClient().metadata,
  fetchedAt: NOW,
  freshUntil: NOW + MINUTE,
  ...changes,
})

/** A document with a distinct name. */
const named = (name: string, changes: Partial<FetchedDocument> = {}) =>
  document({ metadata: { ...makeClient().metadata, display: { client_name: name } }, ...changes })

const nameOf = async (storage: Storage) => (await storage.clients.find(ID))?.metadata.display['client_name']

export const clientDocuments = [
  check('a document becomes a client without a secret, and is stored as it was fetched', async (storage) => {
    const saved = await storage.clients.saveDocument(document())
    same(saved, {
      id: ID,
      metadata: makeClient().metadata,
      origin: 'document',
      createdAt: NOW,
      documentFetchedAt: NOW,
      documentFreshUntil: NOW + MINUTE,
    })
    same(await storage.clients.find(ID), saved)
    assert.equal(saved.secretHash, undefined)
  }),
  check('a newer fetch replaces the document, and keeps the creation of the client', async (storage) => {
    await storage.clients.saveDocument(named('first'))
    const saved = await storage.clients.saveDocument(named('second', { fetchedAt: NOW + 1, freshUntil: NOW + DAY }))
    const { createdAt, documentFetchedAt, documentFreshUntil } = ofOrigin('document', saved)
    same([createdAt, documentFetchedAt, documentFreshUntil], [NOW, NOW + 1, NOW + DAY])
    assert.equal(await nameOf(storage), 'second')
  }),
  check('an older fetch that ends late changes nothing, and gets the newer client', async (storage) => {
    await storage.clients.saveDocument(named('newer', { fetchedAt: NOW + 1 }))
    const late = await storage.clients.saveDocument(named('older', { freshUntil: NOW + DAY }))
    assert.equal(late.metadata.display['client_name'], 'newer')
    assert.equal(await nameOf(storage), 'newer')
  }),
  check('of many documents that are saved at once, the newest stays', async (storage) => {
    await together(12, (index) => storage.clients.saveDocument(named(`at ${(index * 7) % 12}`, { fetchedAt: NOW + ((index * 7) % 12) })))
    assert.equal(await nameOf(storage), 'at 11')
  }),
  check('a client of another origin with that id stays unchanged', async (storage) => {
    for (const origin of ['operator', 'registration'] as const) {
      const mine = await addClient(storage, { id: `${ID}?${origin}`, origin })
      same(await storage.clients.saveDocument(document({ id: mine.id, fetchedAt: NOW + DAY })), mine)
      same(await storage.clients.find(mine.id), mine)
    }
  }),
  check('a disabled client stays disabled, and one that was allowed stays so', async (storage) => {
    await addClient(storage, { id: ID, origin: 'document', secretHash: undefined, disabledAt: NOW + 3, authorizedAt: NOW + 2 })
    const saved = await storage.clients.saveDocument(document({ fetchedAt: NOW + DAY }))
    same([ofOrigin('document', saved).documentFetchedAt, saved.disabledAt, saved.authorizedAt], [NOW + DAY, NOW + 3, NOW + 2])
  }),
  check('grants of the client survive a new fetch', async (storage) => {
    const client = await storage.clients.saveDocument(document())
    const { grant } = await addGrant(storage, { client, grant: { expiresAt: NOW + 10 * DAY } })
    const saved = await storage.clients.saveDocument(document({ fetchedAt: NOW + DAY }))
    assert.equal(saved.authorizedAt, grant.createdAt)
    assert.notEqual(await storage.grants.findLive(grant.id, 'jti', NOW + DAY), undefined)
  }),
  check('a document that nobody allowed is deleted a day after it was last fetched, unless it is disabled', async (storage) => {
    await storage.clients.saveDocument(document())
    await storage.clients.saveDocument(document({ fetchedAt: NOW + MINUTE }))
    await addClient(storage, { id: `${ID}?disabled`, origin: 'document', disabledAt: NOW })
    assert.equal(await storage.sweep(NOW + MINUTE + DAY, 10, TTL), 0)
    assert.equal(await storage.sweep(NOW + MINUTE + DAY + 1, 10, TTL), 1)
    assert.equal(await storage.clients.find(ID), undefined)
    assert.equal(await storage.sweep(NOW + 1000 * DAY, 10, TTL), 0)
  }),
  check('a document that was allowed is deleted after a long idle time, unless it is disabled', async (storage) => {
    const idle = await addGrant(storage, { client: await storage.clients.saveDocument(document()) })
    const disabled = await addGrant(storage, {
      client: await addClient(storage, { id: `${ID}?disabled`, origin: 'document', disabledAt: NOW }),
    })
    while ((await storage.sweep(NOW + 400 * DAY, 10, TTL)) > 0);
    assert.notEqual(await storage.clients.find(idle.client.id), undefined)
    while ((await storage.sweep(NOW + 400 * DAY + 1, 10, TTL)) > 0);
    assert.equal(await storage.clients.find(idle.client.id), undefined)
    assert.notEqual(await storage.clients.find(disabled.client.id), undefined)
  }),
]
