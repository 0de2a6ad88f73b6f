/** Changes of clients: by themselves (RFC 7592), and by an operator who rotates their secret. */
import assert from 'node:assert/strict'
import type { RegisteredClient } from '#src/domain/client/client.ts'
import { ofOrigin } from '#test/support/records.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, NOW, addClient, makeClient, makeEvent } from '../records.ts'

const managed = { registrationAccessTokenHash: 'token 1', policy: { redirectHosts: ['app.example.com'] } }

/** The client with a new registration access token, and that of `seen` as the previous one. */
const renewed = (
  seen: RegisteredClient,
  registrationAccessTokenHash: string,
  changes: Partial<RegisteredClient> = {},
): RegisteredClient => ({
  ...seen,
  registrationAccessTokenHash: registrationAccessTokenHash,
  previousRegistrationAccessTokenHash: seen.registrationAccessTokenHash,
  ...changes,
})

export const clientManagement = [
  check('an update replaces metadata, secrets and tokens, and nothing else', async (storage) => {
    const before = await addClient(storage, managed)
    const other = await addClient(storage, managed)
    const metadata = { ...makeClient().metadata, redirectUris: ['https://app.example.com/other'], display: {} }
    const after = renewed(before, 'token 2', { metadata, secretHash: 'new', previousSecretHash: 'old', previousSecretExpiresAt: NOW + DAY })
    assert.equal(await storage.clients.update({ before, after }), true)
    same(await storage.clients.find(before.id), after)
    same(await storage.clients.find(other.id), other)
    const bare = { ...renewed(after, 'token 3'), secretHash: undefined, previousSecretHash: undefined, previousSecretExpiresAt: undefined }
    assert.equal(await storage.clients.update({ before: after, after: bare }), true)
    same(await storage.clients.find(before.id), bare)
    const unmanaged = { ...bare, registrationAccessTokenHash: undefined, previousRegistrationAccessTokenHash: undefined }
    assert.equal(await storage.clients.update({ before: bare, after: unmanaged }), true)
    same(await storage.clients.find(before.id), unmanaged)
  }),
  check('an update of a client that changed meanwhile, is disabled or gone, changes nothing', async (storage) => {
    const before = await addClient(storage, managed)
    const disabled = await addClient(storage, { ...managed, disabledAt: NOW })
    const attempts: RegisteredClient[] = [
      { ...before, registrationAccessTokenHash: 'another' },
      { ...before, registrationAccessTokenHash: undefined },
      { ...before, previousRegistrationAccessTokenHash: 'another' },
      { ...before, secretHash: 'another' },
      { ...before, secretHash: undefined },
      { ...before, id: 'nobody' },
      disabled,
    ]
    for (const seen of attempts) {
      const update = { before: seen, after: renewed(seen, 'token 2') }
      assert.equal(await storage.clients.update(update, makeEvent()), false)
    }
    same(await storage.clients.find(before.id), before)
    same(await storage.clients.find(disabled.id), disabled)
    same(await storage.auditEvents.list({ since: 0, limit: 10 }), [])
  }),
  check('of updates based on the same client, exactly one happens', async (storage) => {
    const before = await addClient(storage, managed)
    const outcomes = await together(12, (index) =>
      storage.clients.update({ before, after: renewed(before, `token of ${index}`) }, makeEvent({ clientId: before.id })),
    )
    same(tally(outcomes), { true: 1, false: 11 })
    const kept = ofOrigin('registration', await storage.clients.find(before.id))
    assert.equal(kept.registrationAccessTokenHash, `token of ${outcomes.indexOf(true)}`)
    assert.equal(kept.previousRegistrationAccessTokenHash, 'token 1')
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 100 })).length, 1)
  }),
  check('the previous registration access token ends once the current one is used', async (storage) => {
    const before = await addClient(storage, managed)
    const after = renewed(before, 'token 2')
    await storage.clients.update({ before, after })
    await storage.clients.confirmRegistrationAccessToken(before.id, 'token 1')
    same(await storage.clients.find(before.id), after)
    await storage.clients.confirmRegistrationAccessToken(before.id, 'token 2')
    same(await storage.clients.find(before.id), { ...after, previousRegistrationAccessTokenHash: undefined })
  }),
  check('a rotated secret leaves the previous one until its end, and a client without a secret gets none', async (storage) => {
    const client = await addClient(storage)
    const publicClient = await addClient(storage, { secretHash: undefined })
    const rotation = { secretHash: 'new', previousExpiresAt: NOW + DAY }
    assert.equal(await storage.clients.rotateSecret(client.id, rotation, makeEvent({ clientId: client.id })), true)
    same(await storage.clients.find(client.id), {
      ...client,
      secretHash: 'new',
      previousSecretHash: client.secretHash,
      previousSecretExpiresAt: NOW + DAY,
    })
    for (const id of [publicClient.id, 'nobody']) assert.equal(await storage.clients.rotateSecret(id, rotation, makeEvent()), false)
    same(await storage.clients.find(publicClient.id), publicClient)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
  check('secrets that are rotated together follow one another, and none is lost', async (storage) => {
    const client = await addClient(storage)
    const secrets = Array.from({ length: 8 }, (_, index) => `secret ${index}`)
    const outcomes = await Promise.all(
      secrets.map((secretHash) => storage.clients.rotateSecret(client.id, { secretHash, previousExpiresAt: NOW + DAY })),
    )
    same(tally(outcomes), { true: 8 })
    const kept = (await storage.clients.find(client.id))!
    assert.ok(secrets.includes(kept.secretHash!) && secrets.includes(kept.previousSecretHash!))
    assert.notEqual(kept.secretHash, kept.previousSecretHash)
  }),
  check('a rotation is not undone by an update that is based on the earlier client', async (storage) => {
    const before = await addClient(storage, managed)
    await storage.clients.rotateSecret(before.id, { secretHash: 'new', previousExpiresAt: NOW })
    assert.equal(await storage.clients.update({ before, after: renewed(before, 'token 2') }), false)
    assert.equal((await storage.clients.find(before.id))?.secretHash, 'new')
  }),
]
