/** Ids that may be used once (threat-model.md T10). */
import assert from 'node:assert/strict'
import { check, same, tally, together } from '../check.ts'
import { MINUTE, NOW, TTL } from '../records.ts'

export const replays = [
  check('an id may be used once, independently of others', async ({ replays }) => {
    assert.equal(await replays.use('a', NOW), true)
    assert.equal(await replays.use('a', NOW), false)
    assert.equal(await replays.use('a', NOW + MINUTE), false)
    assert.equal(await replays.use('A', NOW), true)
  }),
  check('of many callers who use an id at once, exactly one succeeds', async ({ replays }) => {
    same(tally(await together(25, () => replays.use('a', NOW))), { true: 1, false: 24 })
  }),
  check('an id is kept until it expires, and is deleted then', async (storage) => {
    await storage.replays.use('over', NOW)
    await storage.replays.use('live', NOW + 1)
    assert.equal(await storage.sweep(NOW, 10, TTL), 1)
    assert.equal(await storage.replays.use('live', NOW + 1), false)
    assert.equal(await storage.replays.use('over', NOW + MINUTE), true)
  }),
]
