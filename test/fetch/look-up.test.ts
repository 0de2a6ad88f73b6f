import { lookup as systemLookup } from 'node:dns/promises'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { createLookUp } from '#src/fetch/look-up.ts'
import type { LookUpOptions } from '#src/fetch/look-up.ts'
import { serveNames } from '#test/support/network/name-server.ts'
import type { NameAnswer } from '#test/support/network/name-server.ts'

const later = () => AbortSignal.timeout(10_000)

/** A look-up that asks a name server of the test, which says of each name what the test says. */
async function withNames(t: Test, names: Record<string, NameAnswer>, options: LookUpOptions = {}) {
  const server = await serveNames(t, (name) => names[name] ?? 'missing')
  return { ...server, lookUp: createLookUp({ servers: [server.address], hostsFile: '/nowhere', ...options }) }
}

t.test('a name has the addresses of both kinds that its name server says', async (t) => {
  const { lookUp } = await withNames(t, {
    'both.example': ['93.184.216.34', '93.184.216.35', '2606:4700::1111'],
    'four.example': ['93.184.216.34'],
    'six.example': ['2606:4700::1111'],
  })
  const four = { address: '93.184.216.34', family: 4 }
  const six = { address: '2606:4700::1111', family: 6 }
  t.same(await lookUp('both.example', later()), [four, { ...four, address: '93.184.216.35' }, six])
  t.same(await lookUp('four.example', later()), [four])
  t.same(await lookUp('six.example', later()), [six])
})

t.test('a name that does not exist, one without addresses, and a server that cannot say, are different failures', async (t) => {
  const { lookUp } = await withNames(t, { 'empty.example': [], 'broken.example': 'broken' })
  await t.rejects(lookUp('missing.example', later()), { code: 'ENOTFOUND' })
  await t.rejects(lookUp('empty.example', later()), { code: 'ENODATA' })
  await t.rejects(lookUp('broken.example', later()), { code: 'ESERVFAIL' })
})

t.test('localhost is this machine, and no name server is asked', async (t) => {
  const { lookUp, asked } = await withNames(t, { localhost: ['93.184.216.34'] })
  for (const host of ['localhost', 'a.localhost', 'localhost.'])
    t.same(
      (await lookUp(host, later())).map(({ address }) => address),
      ['127.0.0.1', '::1'],
      host,
    )
  t.same(asked, [])
})

t.test('a name in the hosts file has the addresses there, and no name server is asked', async (t) => {
  const hostsFile = `${t.testdir({
    hosts:
      '127.0.0.1 localhost\n# 10.0.0.1 client.example\n\n93.184.216.34\tother.example  Client.Example # ours\n2606:4700::1111 client.example\nnonsense client.example\n',
  })}/hosts`
  const { lookUp, asked } = await withNames(t, { 'elsewhere.example': ['93.184.216.36'] }, { hostsFile })
  t.same(await lookUp('client.example', later()), [
    { address: '93.184.216.34', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ])
  t.same(asked, [])
  t.same(await lookUp('elsewhere.example', later()), [{ address: '93.184.216.36', family: 4 }])
})

t.test('T18: a look-up whose time is over ends, and nothing asks the name server any more', async (t) => {
  const { lookUp, asked } = await withNames(t, { 'hole.example': 'silent' })
  await t.rejects(lookUp('hole.example', AbortSignal.timeout(100)), { code: 'ECANCELLED' })
  const queries = asked.length
  await wait(1500) // a query that went on would be sent again after a second
  t.equal(asked.length, queries)
  await t.rejects(lookUp('hole.example', AbortSignal.abort()))
  t.equal(asked.length, queries, 'nor does one that comes too late')
})

t.test('T18: names whose servers are silent hold up neither other names nor what this process looks up for itself', async (t) => {
  const { lookUp } = await withNames(t, { 'good.example': ['93.184.216.34'] }, {})
  const holes = await serveNames(t, () => 'silent')
  const ended = new AbortController()
  const intoHoles = createLookUp({ servers: [holes.address], hostsFile: '/nowhere' })
  const waiting = Array.from({ length: 64 }, (_, n) => intoHoles(`x${n}.hole.example`, ended.signal).catch(() => undefined))
  while (holes.asked.length < 64) await wait(5)
  const begun = performance.now()
  t.equal((await lookUp('good.example', later())).length, 1)
  t.ok((await systemLookup('localhost')).address)
  t.ok(performance.now() - begun < 1000, 'at once')
  ended.abort()
  await Promise.all(waiting)
})

t.test('without options, the name servers of the system are asked', async (t) => {
  await t.rejects(createLookUp()('name.invalid', AbortSignal.timeout(100)))
})
