// Twice what it can carry: the server answers what it lets in soon, sheds the rest, and doesn't swell. At length in npm run test:faults.
import t from 'tap'
import { loginOverload, overload } from './overload.ts'

t.test('a server that is asked twice what it can carry sheds with 503 and Retry-After, and serves the rest within bounds', async (t) => {
  const { capacity, offered, under, recovery, rss, heap } = await overload(t, { warmUp: 2, seconds: 8 })
  t.comment(JSON.stringify({ capacity, offered, ...under, recovery, rss: rss.at(-1), heap: heap.at(-1) }))
  t.ok(under.shed > 0)
  t.equal(under.failed, 0)
  t.ok(under.served > capacity / 4)
  t.ok(under.p99 < 4000)
  t.ok(recovery < 5000)
  t.ok(Math.max(...rss) < 500)
})

t.test('where everybody logs in at once, some are told to come back, and everything else goes on', async (t) => {
  const { before, during, logins } = await loginOverload(t, { seconds: 4, perSecond: 50, loginsPerSecond: 150 })
  t.comment(JSON.stringify({ before, during, logins }))
  t.ok(logins.shed > 0)
  t.equal(logins.failed + during.failed, 0)
  t.ok(during.shed === 0)
  t.ok(during.p99 < 1000)
  t.ok(logins.p99 < 10_000)
})
