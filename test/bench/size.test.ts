// The database of `npm run bench:size`, in small: what its figures are taken of is what the server itself would have stored.
import { join } from 'node:path'
import t from 'tap'
import { familyLoads } from '#bench/size/families.ts'
import { fill } from '#bench/size/fill.ts'
import { openStorage } from '#src/storage/open.ts'
import { createApp } from '#test/support/app.ts'

const TTL = { unusedClientTtl: 30 * 86_400, idleClientTtl: 365 * 86_400, auditTtl: 90 * 86_400 }
const LIMIT = 50

t.test('clients of a filled database refresh and redeem, whichever of them it is', async (t) => {
  const DATABASE_URL = `sqlite:${join(t.testdir(), 'filled.db')}`
  const population = { clients: 2000, openCodes: 20, now: Date.now(), name: 'live', over: false }
  const moved: Record<string, number> = {}
  await fill(DATABASE_URL, population, (table, records) => (moved[table] = records))
  t.same(moved, { users: 200, clients: 2000, consents: 1000, grants: 1000, refresh_tokens: 980 * 6, audit_events: 2000 })

  const { app } = await createApp(t, { DATABASE_URL })
  const { refresh, comeBack, exchange } = familyLoads(population, 20)
  for (const load of [exchange(20, 1), refresh(20, 1), comeBack(20, 1)]) {
    // each family twice
    for (let turn = 0; turn < load.amount; turn++) {
      const connection = {}
      const { method, path: url, headers = {}, body = '' } = load.next(connection)
      const response = await app.inject({ method, url, headers, payload: body })
      t.equal(response.statusCode, 200, response.body)
      load.onAnswer?.({ status: 200, body: response.body, headers: {} }, connection)
    }
  }
})

t.test('a database full of what is over is swept in bounded steps, and what is alive stays', async (t) => {
  const DATABASE_URL = `sqlite:${join(t.testdir(), 'over.db')}`
  const population = { clients: 400, openCodes: 0, now: Date.now(), name: 'over', over: true }
  await fill(DATABASE_URL, population, () => undefined)
  await fill(DATABASE_URL, { ...population, openCodes: 1, name: 'live', over: false }, () => undefined)
  const storage = await openStorage(DATABASE_URL)
  t.teardown(() => storage.close())
  const steps: number[] = []
  while (steps.at(-1) !== 0) steps.push(await storage.sweep(population.now, LIMIT, TTL))
  // Refresh tokens by their own end and by that of their grant, grants, events, clients that nobody allowed.
  t.ok(Math.max(...steps) <= 5 * LIMIT, `${Math.max(...steps)} records`)
  t.equal(
    steps.reduce((sum, step) => sum + step),
    200 * 6 + 200 + 400 + 200,
  )
  t.equal(await storage.clients.count(), 400 + 200, 'those whom somebody allowed stay for a year')
})
