/** Initial access tokens: each registers as many clients as it has uses. */
import assert from 'node:assert/strict'
import type { InitialAccessToken } from '#src/domain/client/initial-access-token.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, makeClient, makeEvent } from '../records.ts'

async function addToken({ initialAccessTokens }: Storage, changes: Partial<InitialAccessToken> = {}): Promise<InitialAccessToken> {
  const token = { name: 'partners', tokenHash: `hash of ${changes.name ?? 'partners'}`, policy: {}, createdAt: NOW, ...changes }
  assert.equal(await initialAccessTokens.insert(token, makeEvent({ name: 'registration_token.created' })), true)
  return token
}

export const initialAccessTokens = [
  check('a token is found by its hash with every member, and tokens are listed by name', async (storage) => {
    const full = await addToken(storage, {
      name: 'b',
      usesLeft: 3,
      expiresAt: NOW + DAY,
      policy: { redirectHosts: ['app.example.com'], authMethods: ['none'] },
    })
    const bare = await addToken(storage, { name: 'a' })
    for (const token of [full, bare]) same(await storage.initialAccessTokens.find(token.tokenHash), token)
    assert.equal(await storage.initialAccessTokens.find('another'), undefined)
    same(await storage.initialAccessTokens.list(), [bare, full])
  }),
  check('there is one token of a name, until it is deleted', async (storage) => {
    const first = await addToken(storage)
    assert.equal(await storage.initialAccessTokens.insert({ ...first, tokenHash: 'another' }, makeEvent()), false)
    same(await storage.initialAccessTokens.list(), [first])
    assert.equal(await storage.initialAccessTokens.delete(first.name, makeEvent({ name: 'registration_token.deleted' })), true)
    assert.equal(await storage.initialAccessTokens.delete(first.name, makeEvent()), false)
    assert.equal(await storage.initialAccessTokens.find(first.tokenHash), undefined)
    const names = (await storage.auditEvents.list({ since: 0, limit: 10 })).map((event) => event.name)
    same(names.sort(), ['registration_token.created', 'registration_token.deleted'])
  }),
  check('of callers that redeem a token together, as many register as it has uses', async (storage) => {
    for (const usesLeft of [1, 5]) {
      const { tokenHash } = await addToken(storage, { name: `token ${usesLeft}`, usesLeft })
      const clients = Array.from({ length: 12 }, () => makeClient())
      const outcomes = await together(12, (index) =>
        storage.initialAccessTokens.redeem(tokenHash, NOW, clients[index]!, makeEvent({ clientId: clients[index]!.id })),
      )
      same(tally(outcomes), { true: usesLeft, false: 12 - usesLeft })
      for (const [index, { id }] of clients.entries()) {
        assert.equal((await storage.clients.find(id)) !== undefined, outcomes[index])
        assert.equal((await storage.auditEvents.list({ clientId: id, since: 0, limit: 1 })).length, outcomes[index] ? 1 : 0)
      }
      assert.equal((await storage.initialAccessTokens.find(tokenHash))?.usesLeft, 0)
    }
  }),
  check('a token without a limit registers any number of clients, and an expired or unknown one registers none', async (storage) => {
    const endless = await addToken(storage, { name: 'endless' })
    const timed = await addToken(storage, { name: 'timed', expiresAt: NOW + MINUTE })
    const redeem = (tokenHash: string, now: number) => storage.initialAccessTokens.redeem(tokenHash, now, makeClient())
    for (let time = 0; time < 3; time++) assert.equal(await redeem(endless.tokenHash, NOW + time * DAY), true)
    assert.equal(await redeem(timed.tokenHash, NOW + MINUTE - 1), true)
    assert.equal(await redeem(timed.tokenHash, NOW + MINUTE), false)
    assert.equal(await redeem('another', NOW), false)
    assert.equal((await storage.clients.list({ limit: 10 })).length, 4)
  }),
  check('a use is not lost when the client can’t be stored', async (storage) => {
    const { tokenHash } = await addToken(storage, { usesLeft: 1 })
    const taken = makeClient()
    await storage.clients.insert(taken)
    await assert.rejects(storage.initialAccessTokens.redeem(tokenHash, NOW, taken, makeEvent()))
    assert.equal((await storage.initialAccessTokens.find(tokenHash))?.usesLeft, 1)
    assert.equal(await storage.initialAccessTokens.redeem(tokenHash, NOW, makeClient()), true)
  }),
  check('a token is deleted a day after it expired; one without an expiry, or used up, stays', async (storage) => {
    await addToken(storage, { name: 'endless', usesLeft: 0 })
    await addToken(storage, { name: 'timed', expiresAt: NOW })
    assert.equal(await storage.sweep(NOW + DAY, 10, TTL), 0)
    assert.equal(await storage.sweep(NOW + DAY + 1, 10, TTL), 1)
    same(
      (await storage.initialAccessTokens.list()).map(({ name }) => name),
      ['endless'],
    )
  }),
]
