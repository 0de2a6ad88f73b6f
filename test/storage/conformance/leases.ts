/** Leases: work that one node does at a time. */
import assert from 'node:assert/strict'
import { check, same, tally, together } from './check.ts'
import { MINUTE, NOW } from './records.ts'

export const leases = [
  check('of nodes that take a lease together exactly one gets it, and again when it has expired', async ({ leases }) => {
    const nodes = Array.from({ length: 8 }, (_, index) => `node ${index}`)
    for (let round = 0; round < 5; round++) {
      const now = NOW + round * MINUTE
      const taken = await Promise.all(nodes.map((node) => leases.take('sweep', node, now, now + MINUTE)))
      same(tally(taken), { true: 1, false: 7 })
    }
  }),
  check('a holder renews its lease, and no other node gets it before it expires', async ({ leases }) => {
    assert.equal(await leases.take('sweep', 'a', NOW, NOW + MINUTE), true)
    assert.equal(await leases.take('sweep', 'b', NOW + MINUTE - 1, NOW + 2 * MINUTE), false)
    assert.equal(await leases.take('sweep', 'a', NOW + MINUTE - 1, NOW + 2 * MINUTE), true)
    assert.equal(await leases.take('sweep', 'b', NOW + MINUTE, NOW + 3 * MINUTE), false)
    assert.equal(await leases.take('sweep', 'b', NOW + 2 * MINUTE, NOW + 3 * MINUTE), true)
    assert.equal(await leases.take('other', 'a', NOW, NOW + MINUTE), true, 'another piece of work')
  }),
  check('a lease is given back by its holder only', async ({ leases }) => {
    await together(2, () => leases.take('sweep', 'a', NOW, NOW + MINUTE))
    await leases.delete('sweep', 'b')
    assert.equal(await leases.take('sweep', 'b', NOW, NOW + MINUTE), false)
    await leases.delete('sweep', 'a')
    assert.equal(await leases.take('sweep', 'b', NOW, NOW + MINUTE), true)
  }),
]
