/** Races of processes and threads on one storage, for thousands of codes and tokens: what may happen once happens once. */
import { ofOrigin } from '#test/support/records.ts'
import type { Test } from 'tap'
import type { Client } from '#src/domain/client/client.ts'
import type { User } from '#src/domain/user/user.ts'
import type { Storage } from '#src/storage/storage.ts'
import { openStorage } from '#src/storage/open.ts'
import { SIZE } from '#test/support/size.ts'
import { tally } from './conformance/check.ts'
import {
  MINUTE,
  NOW,
  addClient,
  addFamily,
  addGrant,
  addUser,
  makeClient,
  makeCode,
  makeEvent,
  makeGrant,
  redemptionOf,
  rotationOf,
} from './conformance/records.ts'
import type { Family, Issued } from './conformance/records.ts'
import { startWorkers } from './workers.ts'
import type { Batch, Kind } from './workers.ts'

/** How many codes or tokens the workers race for; each is a race of its own. */
const PRIZES = SIZE.prizes
const FEWER_PRIZES = SIZE.fewerPrizes
/** Prizes of a round, which the workers start at once. */
const ROUND = 40
/** How many calls the test itself makes at once. */
const PORTION = 100
/** How many clients the prizes belong to: usually many users have the same app, so many calls write the same row. */
const CLIENTS = 20

/** @param url the storage that all workers open */
export async function races(t: Test, engine: string, url: string, kinds: readonly Kind[]): Promise<void> {
  const rivals = kinds.length
  await t.test(`races of ${rivals} (${kinds.join(', ')}) over one ${engine}`, async (t) => {
    const workers = await startWorkers(url, kinds)
    t.strictSame(
      workers.map((worker) => worker.refused),
      Array(rivals).fill(undefined),
      'they start together on an empty database',
    )
    const storage = await openStorage(url)
    t.teardown(async () => {
      await Promise.all(workers.map((worker) => worker.close()))
      await storage.close()
    })
    /** Lets all workers make the same calls at once, round by round. Returns the outcomes by call, then by worker. */
    async function fight(batchOf: (rival: number) => Batch): Promise<unknown[][]> {
      const batches = workers.map((_, index) => batchOf(index))
      const outcomes: unknown[][] = []
      for (let begin = 0; begin < batches[0]!.calls.length; begin += ROUND) {
        const round = batches.map((batch) => ({ ...batch, calls: batch.calls.slice(begin, begin + ROUND) }))
        const byRival = await Promise.all(workers.map((worker, index) => worker.run(round[index]!)))
        for (let call = 0; call < byRival[0]!.length; call++) outcomes.push(byRival.map((each) => each[call]))
      }
      return outcomes
    }

    await t.test('all find what one of them stored', async (t) => {
      const clients = workers.map(() => makeClient())
      await Promise.all(workers.map((worker, index) => worker.run({ store: 'clients', method: 'insert', calls: [[clients[index]]] })))
      const found = await Promise.all(
        workers.map((worker) => worker.run({ store: 'clients', method: 'find', calls: clients.map(({ id }) => [id]) })),
      )
      for (const each of found)
        t.match(
          each,
          clients.map(({ id }) => ({ id })),
        )
    })

    await t.test(`each client that all ${rivals} share is one`, async (t) => {
      const share = (_: unknown, index: number) => [makeClient({ secretHash: undefined }), `key ${index}`]
      const outcomes = await fight(() => ({ store: 'clients', method: 'insertShared', calls: Array.from({ length: PORTION }, share) }))
      const ids = outcomes.map((each) => new Set(each.map((client) => (client as Client).id)))
      t.ok(ids.every((each) => each.size === 1))
      t.equal(new Set(ids.flatMap((each) => [...each])).size, PORTION)
    })

    await t.test(`each of ${PRIZES} codes is redeemed by exactly one of ${rivals}`, async (t) => {
      const issued = await many(storage, addGrant)
      const outcomes = await fight(() => ({ store: 'grants', method: 'redeem', calls: issued.map((each) => [redemptionOf(each)]) }))
      t.strictSame(tally(outcomes.flat()), { redeemed: PRIZES, replayed: PRIZES * (rivals - 1) })
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === 'redeemed').length === 1).length, PRIZES)
      t.ok(new Set(outcomes.map((each) => each.indexOf('redeemed'))).size > 1, 'not always the same one')
      const alive = await inPortions(issued, ({ grant }) => storage.grants.findLive(grant.id, 'jti', NOW + 1000))
      t.ok(
        alive.every((each) => each === undefined),
        'and its grant is dead',
      )
    })

    await t.test(`each of ${PRIZES} tokens without grace is rotated by exactly one of ${rivals}`, async (t) => {
      const families = await many(storage, addFamily)
      const outcomes = await fight(() => ({
        store: 'grants',
        method: 'rotate',
        calls: families.map(({ token, client }) => [rotationOf(token, client.id, { graceMs: 0 })]),
      }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === 'rotated').length === 1).length, PRIZES)
      t.ok(outcomes.flat().every((outcome) => outcome === 'rotated' || outcome === 'replayed' || outcome === 'expired'))
    })

    await t.test(`of ${PRIZES} families nothing that was rotated beside a revocation is alive`, async (t) => {
      const families = await many(storage, addFamily)
      const rotations = workers.map(() => families.map(({ token, client }) => rotationOf(token, client.id)))
      const outcomes = await fight((rival) =>
        rival === 0
          ? { store: 'grants', method: 'revoke', calls: families.map(({ grant }) => [grant.id, NOW + MINUTE]) }
          : { store: 'grants', method: 'rotate', calls: rotations[rival]!.map((each) => [each]) },
      )
      t.ok(
        outcomes.every(([revoked]) => revoked === true),
        'each is revoked once',
      )
      t.ok(outcomes.flatMap((each) => each.slice(1)).every((outcome) => ['rotated', 'repeated', 'expired'].includes(outcome as string)))
      const revived = await inPortions(rotations.flat(), ({ successor, clientId }) =>
        storage.grants.rotate(rotationOf(successor, clientId)),
      )
      t.strictSame(tally(revived), { expired: PRIZES * rivals })
    })

    await t.test(`each of ${FEWER_PRIZES} tokens of one use registers one client for ${rivals}`, async (t) => {
      const names = Array.from({ length: FEWER_PRIZES }, (_, index) => `token ${index}`)
      await inPortions(names, (name) =>
        storage.initialAccessTokens.insert({ name, tokenHash: name, policy: {}, usesLeft: 1, createdAt: NOW }),
      )
      const made = workers.map(() => names.map(() => makeClient()))
      const outcomes = await fight((rival) => ({
        store: 'initialAccessTokens',
        method: 'redeem',
        calls: names.map((name, index) => [name, NOW, made[rival]![index], makeEvent()]),
      }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === true).length === 1).length, FEWER_PRIZES)
      const kept = await inPortions(made.flat(), ({ id }) => storage.clients.find(id))
      t.equal(kept.filter((client) => client !== undefined).length, FEWER_PRIZES)
    })

    await t.test(`each of ${FEWER_PRIZES} clients that ${rivals} saw is updated by exactly one`, async (t) => {
      const clients = await inPortions(Array(FEWER_PRIZES).fill({ registrationAccessTokenHash: 'first' }), (changes: Partial<Client>) =>
        addClient(storage, changes),
      )
      const outcomes = await fight((rival) => ({
        store: 'clients',
        method: 'update',
        calls: clients.map((before) => [{ before, after: { ...before, registrationAccessTokenHash: `of ${rival}` } }, makeEvent()]),
      }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === true).length === 1).length, FEWER_PRIZES)
      const kept = await inPortions(clients, ({ id }) => storage.clients.find(id))
      t.strictSame(
        kept.map((client) => ofOrigin('registration', client).registrationAccessTokenHash),
        outcomes.map((each) => `of ${each.indexOf(true)}`),
      )
    })

    await t.test(`each of ${FEWER_PRIZES} pushed requests is used up by exactly one of ${rivals}`, async (t) => {
      const { id: clientId } = await addClient(storage)
      const hashes = Array.from({ length: FEWER_PRIZES }, (_, index) => `pushed ${index}`)
      await inPortions(hashes, (requestUriHash) =>
        storage.pushedRequests.insert({ requestUriHash, clientId, parameters: {}, expiresAt: NOW + MINUTE }),
      )
      const { id: userId } = await addUser(storage)
      const use = (requestUriHash: string) => {
        const grant = makeGrant(userId, clientId)
        return [grant, makeCode(grant.id), { requestUriHash, rememberedUntil: NOW + MINUTE }]
      }
      const outcomes = await fight(() => ({ store: 'grants', method: 'issue', calls: hashes.map(use) }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === true).length === 1).length, FEWER_PRIZES)
    })

    await t.test('each login attempt is counted', async (t) => {
      const outcomes = await fight(() => ({
        store: 'loginAttempts',
        method: 'count',
        calls: Array(100).fill(['account:kim', NOW, NOW + MINUTE]),
      }))
      const numbers = outcomes.flat().map((outcome) => (outcome as { attempts: number }).attempts)
      t.equal(new Set(numbers).size, 100 * rivals)
    })
  })
}

/** As many grants as prizes, of one user and a few clients. */
async function many<T extends Issued | Family>(
  storage: Storage,
  add: (storage: Storage, of: { user: User; client: Client }) => Promise<T>,
): Promise<T[]> {
  const user = await addUser(storage)
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => addClient(storage)))
  return inPortions(
    Array.from({ length: PRIZES }, (_, index) => clients[index % CLIENTS]!),
    (client) => add(storage, { user, client }),
  )
}

/** Makes a call for each of many items, with no more at a time than a server would have. */
async function inPortions<T, R>(things: readonly T[], call: (thing: T) => Promise<R>): Promise<R[]> {
  const outcomes: R[] = []
  for (let begin = 0; begin < things.length; begin += PORTION)
    outcomes.push(...(await Promise.all(things.slice(begin, begin + PORTION).map(call))))
  return outcomes
}
