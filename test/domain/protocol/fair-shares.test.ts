import t from 'tap'
import { createFairShares } from '#src/domain/protocol/fair-shares.ts'

/** Takes places until there is none for these holders; returns how many. */
function takeAll(shares: ReturnType<typeof createFairShares>, ...holders: [string, ...string[]]): number {
  let taken = 0
  while (shares.take(...holders) !== undefined) taken++
  return taken
}

t.test('T18: the more holders there are, the smaller is the share of each, and a newcomer always gets a place', async (t) => {
  const shares = createFairShares(32)
  const taken = ['a', 'b', 'c', 'd', 'e'].map((holder) => takeAll(shares, holder))
  t.same(taken, [11, 7, 5, 3, 2])
  t.ok(shares.take('newcomer'))
})

t.test('a place counts for each of its holders', async (t) => {
  const shares = createFairShares(32)
  t.equal(takeAll(shares, 'site', 'sender one'), 11)
  t.equal(shares.take('site', 'sender two'), undefined, 'the site has its share')
  t.equal(shares.take('other site', 'sender one'), undefined, 'and so has the sender')
  t.ok(shares.take('other site', 'sender two'))
})

t.test('no holder gets more than the bound, however much is free', async (t) => {
  t.equal(takeAll(createFairShares(1000, 32), 'one'), 32)
})

t.test('places that are given back are there again, and there are never more than at first', async (t) => {
  const shares = createFairShares(4)
  for (let round = 0; round < 3; round++) {
    const released = ['a', 'b', 'c', 'd'].map((holder) => shares.take(holder, 'all of us ' + holder))
    t.ok(released.every((release) => release !== undefined))
    t.equal(shares.take('e'), undefined, 'all are taken')
    for (const release of released) release!()
  }
  const [first, second] = [shares.take('a'), shares.take('a')]
  first!()
  second!()
  t.equal(takeAll(shares, 'a'), 2)
})
