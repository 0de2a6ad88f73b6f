// More than it can carry: the server answers what it lets in soon, sheds the rest, and doesn't swell. At length in npm run test:faults.
import t from 'tap'
import { raises } from '#test/support/processes/promtool.ts'
import { SIZE } from '#test/support/size.ts'
import { loginOverload, overload } from './overload.ts'

/** Generous: what sends shares its processors with the server, and with other tests. */
const BOUND_MS = 15_000

t.test(
  'a server that is asked far more than it can carry sheds with 503 and Retry-After, serves the rest, and is soon itself again',
  async (t) => {
    const { capacity, offered, under, recovery, rss, samples } = await overload(t, {
      warmUp: SIZE.warmUp,
      seconds: SIZE.overload,
      factor: 3,
    })
    t.comment(JSON.stringify({ capacity, offered, ...under, recovery, rss: rss.at(-1) }))
    t.ok(under.shed > 0)
    t.equal(under.failed, 0, 'everybody is answered')
    t.ok(under.served > 0)
    raises(t, samples, ['SolarOverloaded'])
    t.ok(under.p99 < BOUND_MS)
    t.ok(recovery < BOUND_MS)
    t.ok(rss.length > 0)
    t.ok(Math.max(...rss) < 600)
  },
)

t.test('where everybody logs in at once, some are told to come back, and everything else goes on', async (t) => {
  const { before, during, logins } = await loginOverload(t, { seconds: SIZE.overload, perSecond: 50, loginsPerSecond: 150 })
  t.comment(JSON.stringify({ before, during, logins }))
  t.ok(logins.shed > 0)
  t.equal(logins.failed + during.failed, 0)
  t.ok(during.p99 < logins.p50, 'and waits for no login')
  t.ok(logins.p99 < BOUND_MS)
})
