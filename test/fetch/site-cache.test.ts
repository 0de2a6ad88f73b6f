import t from 'tap'
import { createSiteCache } from '#src/fetch/site-cache.ts'
import { siteOf } from '#src/fetch/site.ts'

const at = (site: string, n: number) => `https://${site}/${n}`

t.test('T18: a site that fills the cache pushes out its own entries, the oldest first', async (t) => {
  const cache = createSiteCache<string>(10, siteOf)
  cache.set(at('honest.example', 0), 'kept')
  for (let n = 0; n < 100; n++) cache.set(at(`x${n}.evil.example`, n), String(n))
  t.equal(cache.get(at('honest.example', 0)), 'kept')
  t.equal(cache.get(at('x90.evil.example', 90)), undefined)
  for (let n = 91; n < 100; n++) t.equal(cache.get(at(`x${n}.evil.example`, n)), String(n))
})

t.test('where no site has more than another, the one that was used longest ago is dropped', async (t) => {
  const cache = createSiteCache<number>(3, siteOf)
  for (const n of [0, 1, 2]) cache.set(at(`site${n}.example`, 0), n)
  t.equal(cache.get(at('site0.example', 0)), 0)
  cache.set(at('site3.example', 0), 3)
  t.same(
    [0, 1, 2, 3].map((n) => cache.get(at(`site${n}.example`, 0))),
    [0, undefined, 2, 3],
  )
})

t.test('an entry that is set again takes no more room', async (t) => {
  const cache = createSiteCache<number>(2, siteOf)
  cache.set(at('one.example', 0), 0)
  for (let n = 0; n < 10; n++) cache.set(at('two.example', 0), n)
  t.same([cache.get(at('one.example', 0)), cache.get(at('two.example', 0)), cache.get(at('three.example', 0))], [0, 9, undefined])
})
