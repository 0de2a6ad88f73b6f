/** Processes that start together over one storage, and race: whatever may happen once happens once, over hundreds of codes and tokens. */
import type { Test } from 'tap'
import type { Storage } from '../../src/storage/storage.ts'
import { openStorage } from '../../src/storage/open.ts'
import { tally } from './conformance/check.ts'
import { MINUTE, NOW, NO_GRACE, addClient, addFamily, addGrant, makeClient, makeEvent, redemptionOf, rotationOf } from './conformance/records.ts'
import type { Family, Issued } from './conformance/records.ts'
import { startWorkers } from './processes.ts'
import type { Batch } from './processes.ts'

const PROCESSES = 3
/** Codes, or tokens, that the processes fight for; each is a race of its own. */
const PRIZES = 400
/** Prizes of one round: the processes start each round together. */
const ROUND = 8

/** @param url the storage that all processes open */
export async function races(t: Test, engine: string, url: string): Promise<void> {
  await t.test(`races of ${PROCESSES} processes over one ${engine}`, async (t) => {
    const workers = await startWorkers(url, PROCESSES)
    t.strictSame(workers.map((worker) => worker.refused), Array(PROCESSES).fill(undefined), 'they start together on an empty database')
    const storage = await openStorage(url)
    t.teardown(async () => {
      await Promise.all(workers.map((worker) => worker.close()))
      await storage.close()
    })
    /** Round by round, the same calls of all processes at the same moment; outcomes by call, then by process. */
    async function fight(batchOf: (process: number) => Batch): Promise<unknown[][]> {
      const batches = workers.map((_, index) => batchOf(index))
      const outcomes: unknown[][] = []
      for (let begin = 0; begin < batches[0]!.calls.length; begin += ROUND) {
        const round = batches.map((batch) => ({ ...batch, calls: batch.calls.slice(begin, begin + ROUND) }))
        const byProcess = await Promise.all(workers.map((worker, index) => worker.run(round[index]!)))
        for (let call = 0; call < byProcess[0]!.length; call++) outcomes.push(byProcess.map((each) => each[call]))
      }
      return outcomes
    }

    await t.test('what one process stored the others find', async (t) => {
      const clients = workers.map(() => makeClient())
      await Promise.all(workers.map((worker, index) => worker.run({ store: 'clients', method: 'insert', calls: [[clients[index]]] })))
      const found = await Promise.all(workers.map((worker) => worker.run({ store: 'clients', method: 'find', calls: clients.map(({ id }) => [id]) })))
      for (const each of found) t.match(each, clients.map(({ id }) => ({ id })))
    })

    await t.test('each code is redeemed by exactly one process', async (t) => {
      const issued = await many(storage, addGrant)
      const outcomes = await fight(() => ({ store: 'grants', method: 'redeem', calls: issued.map((each) => [redemptionOf(each)]) }))
      t.strictSame(tally(outcomes.flat()), { redeemed: PRIZES, replayed: PRIZES * (PROCESSES - 1) })
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === 'redeemed').length === 1).length, PRIZES)
      t.ok(new Set(outcomes.map((each) => each.indexOf('redeemed'))).size > 1, 'not always the same process')
      const alive = await Promise.all(issued.map(({ grant }) => storage.grants.findLive(grant.id, 'jti', NOW + 1000)))
      t.ok(alive.every((each) => each === undefined), 'and its grant is dead')
    })

    await t.test('each token without grace is rotated by exactly one process', async (t) => {
      const families = await many(storage, addFamily)
      const outcomes = await fight(() => ({
        store: 'grants',
        method: 'rotate',
        calls: families.map(({ token, client }) => [rotationOf(token, client.id, { grace: NO_GRACE })]),
      }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === 'rotated').length === 1).length, PRIZES)
      t.ok(outcomes.flat().every((outcome) => outcome === 'rotated' || outcome === 'replayed' || outcome === 'expired'))
    })

    await t.test('nothing that was rotated beside a revocation is alive', async (t) => {
      const families = await many(storage, addFamily)
      const rotations = workers.map(() => families.map(({ token, client }) => rotationOf(token, client.id)))
      const outcomes = await fight((process) =>
        process === 0
          ? { store: 'grants', method: 'revoke', calls: families.map(({ grant }) => [grant.id, NOW + MINUTE]) }
          : { store: 'grants', method: 'rotate', calls: rotations[process]!.map((each) => [each]) },
      )
      t.ok(outcomes.every(([revoked]) => revoked === true), 'each is revoked once')
      t.ok(outcomes.flatMap((each) => each.slice(1)).every((outcome) => outcome === 'rotated' || outcome === 'expired'))
      const revived = await Promise.all(rotations.flat().map(({ successor, clientId }) => storage.grants.rotate(rotationOf(successor, clientId))))
      t.strictSame(tally(revived), { expired: PRIZES * PROCESSES })
    })

    await t.test('an initial access token of one use registers one client, of all processes', async (t) => {
      const names = Array.from({ length: PRIZES }, (_, index) => `token ${index}`)
      await Promise.all(names.map((name) => storage.initialAccessTokens.insert({ name, tokenHash: name, policy: {}, usesLeft: 1, createdAt: NOW })))
      const made = workers.map(() => names.map(() => makeClient()))
      const outcomes = await fight((process) => ({
        store: 'initialAccessTokens',
        method: 'redeem',
        calls: names.map((name, index) => [name, NOW, made[process]![index], makeEvent()]),
      }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === true).length === 1).length, PRIZES)
      const kept = await Promise.all(made.flat().map(({ id }) => storage.clients.find(id)))
      t.equal(kept.filter((client) => client !== undefined).length, PRIZES)
    })

    await t.test('of updates that saw the same client, exactly one happens, of all processes', async (t) => {
      const clients = await Promise.all(Array.from({ length: PRIZES }, () => addClient(storage, { registrationTokenHash: 'first' })))
      const outcomes = await fight((process) => ({
        store: 'clients',
        method: 'update',
        calls: clients.map((before) => [{ before, after: { ...before, registrationTokenHash: `of ${process}` }, forgetConsents: false }, makeEvent()]),
      }))
      t.equal(outcomes.filter((each) => each.filter((outcome) => outcome === true).length === 1).length, PRIZES)
      const kept = await Promise.all(clients.map(({ id }) => storage.clients.find(id)))
      t.strictSame(kept.map((client) => client?.registrationTokenHash), outcomes.map((each) => `of ${each.indexOf(true)}`))
    })

    await t.test('each login attempt is counted', async (t) => {
      const outcomes = await fight(() => ({ store: 'loginAttempts', method: 'count', calls: Array(100).fill(['account:kim', NOW, NOW + MINUTE]) }))
      const numbers = outcomes.flat().map((outcome) => (outcome as { attempts: number }).attempts)
      t.equal(new Set(numbers).size, 100 * PROCESSES)
    })
  })
}

const many = async <T extends Issued | Family>(storage: Storage, add: (storage: Storage) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: PRIZES }, () => add(storage)))
