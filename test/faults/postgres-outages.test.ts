// PostgreSQL goes away under load, politely or not, or the network to it does: 503 meanwhile, nothing that was answered is lost.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { SECRET } from '#test/support/app.ts'
import { withOwnPostgres } from '#test/support/processes/postgres.ts'
import { raises, scrapeServer } from '#test/support/processes/promtool.ts'
import { createInstallation, startServer } from '#test/support/processes/server-process.ts'
import { startProxy } from '#test/storage/proxy.ts'
import { createCustomers, keepComing, logIn } from './customers.ts'
import { openJournal } from './journal.ts'
import { prove } from './proof.ts'
import type { Findings } from './proof.ts'
import { anySeed, createSeeded } from './seeded.ts'

const CUSTOMERS = 8
const BACK_MS = 5000

await withOwnPostgres(t, async (t, server) => {
  const skip = server.own === undefined && 'not our server'
  t.test('it is restarted in order', { skip }, async (t) =>
    outlasts(t, await server.createDatabase(), { away: () => server.own!.stop('fast'), back: () => server.own!.start() }),
  )

  t.test('it is restarted at once', { skip }, async (t) =>
    outlasts(t, await server.createDatabase(), { away: () => server.own!.stop(), back: () => server.own!.start() }),
  )

  t.test('the network stalls', async (t) => {
    const proxy = await startProxy(await server.createDatabase())
    t.teardown(() => proxy.close())
    await outlasts(t, `${proxy.url}?statement_timeout=1000`, {
      away: async () => proxy.silence(),
      back: async () => {
        proxy.speak()
        proxy.cut()
      },
    })
  })
})

async function outlasts(t: Test, databaseUrl: string, database: { away(): Promise<void>; back(): Promise<void> }): Promise<void> {
  const metrics = await freePort()
  const installation = await createInstallation(t, {
    METRICS_LISTEN: String(metrics),
    SECRET,
    DATABASE_URL: databaseUrl,
    RATE_LIMIT_REGISTER: 'off',
    RATE_LIMIT_TOKEN: 'off',
    CODE_TTL: '10m',
  })
  const { issuer, folder } = installation
  const process = await startServer(t, installation)
  const scraping = scrapeServer(t, metrics)
  const journal = openJournal(join(folder, 'journal.jsonl'))
  t.teardown(() => journal.close())
  const random = createSeeded(anySeed())
  const customers = createCustomers(issuer, journal)
  const { cookies } = await logIn(customers)
  let over = false
  t.teardown(() => (over = true))
  const findings: Findings = { lost: [], twice: [], checks: 0 }
  const crowd = Array.from({ length: CUSTOMERS }, () => keepComing(customers, cookies, random, () => over, findings.lost))
  await wait(400)

  await database.away()
  const refused = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"redirect_uris":["https://client.example/callback"]}',
  })
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '5')
  t.equal((await fetch(`${issuer}/readyz`)).status, 503)
  t.equal((await fetch(`${issuer}/healthz`)).status, 200)

  await database.back()
  const back = performance.now()
  await process.ready()
  t.ok(performance.now() - back < BACK_MS, `back after ${Math.round(performance.now() - back)} ms`)
  await wait(300)
  over = true
  await Promise.all(crowd)
  raises(t, await scraping.end(), ['SolarDatabaseAway'])
  await prove(customers, journal, random, findings, 0)
  t.match(findings, { lost: [], twice: [] })
  t.strictSame(await process.end('SIGTERM'), { code: 0, signal: null })
}
