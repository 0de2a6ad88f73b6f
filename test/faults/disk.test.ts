// A disk that is full, or takes no more writes: 503 and a line of the log, what needs no write goes on, and nothing has to be restarted.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { SECRET } from '#test/support/app.ts'
import { logLines, spawnNode, spawnServer } from '#test/support/processes/processes.ts'
import { raises, scrapeServer } from '#test/support/processes/promtool.ts'
import { createCustomers, keepComing, logIn } from './customers.ts'
import { openJournal } from './journal.ts'
import { prove } from './proof.ts'
import type { Findings } from './proof.ts'
import { anySeed, createSeeded } from './seeded.ts'
import { mountVolume, refuseWrites } from './volume.ts'

const CUSTOMERS = 8
/** What tap loads into every process ends it with SIGXFSZ, unless somebody listens; Node itself ignores it. */
const PATIENT = ['--import', 'data:text/javascript,process.on("SIGXFSZ",()=>{})']
const SETTINGS = { SECRET, RATE_LIMIT_REGISTER: 'off', RATE_LIMIT_TOKEN: 'off', CODE_TTL: '10m' }

/** Breaks the disk of a server at work, mends it, and holds the server against what it said. */
async function breakAndMend(t: Test, folder: string, disk: { break(pid: number): void; mend(pid: number): void }): Promise<void> {
  const metrics = await freePort()
  const env = { ...SETTINGS, DATABASE_URL: `sqlite:${join(folder, 'solar.db')}`, METRICS_LISTEN: String(metrics) }
  const { issuer, child, stdout } = await spawnServer(t, { cwd: folder, env, nodeOptions: PATIENT })
  const scraping = scrapeServer(t, metrics)
  const journal = openJournal(join(t.testdir(), 'journal.jsonl'))
  t.teardown(() => journal.close())
  const random = createSeeded(anySeed())
  const customers = createCustomers(issuer, journal)
  const { client, cookies } = await logIn(customers)
  const code = await customers.authorize(cookies, client)
  const token = await customers.exchange(client, code.ok ? code.brings.code : '')
  let over = false
  t.teardown(() => (over = true))
  const refusals: string[] = []
  const crowd = Array.from({ length: CUSTOMERS }, () => keepComing(customers, cookies, random, () => over, refusals))
  await wait(300)

  const before = logLines(stdout()).length
  disk.break(child.pid!)
  while ((await register(issuer)).status !== 503) await wait(5)
  const refused = await register(issuer)
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '5')
  t.match(await refused.json(), { error: 'temporarily_unavailable' })
  await wait(500)
  for (const path of ['/.well-known/oauth-authorization-server', '/jwks', '/readyz'])
    t.equal((await fetch(issuer + path)).status, 200, `${path} needs no write`)
  const { clientId, clientSecret } = client
  const introspected = await fetch(`${issuer}/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ token: token.ok ? token.brings.token : '' }),
  })
  t.match(await introspected.json(), { active: true }, 'nor does introspection')
  // What the server does by itself (telling clients of logouts) may have come up meanwhile, and has a line of its own. So does the
  // event of a grant whose answer was out when the disk broke.
  const lines = logLines(stdout())
    .slice(before)
    .filter(({ level, reqId, msg }) => level > 30 && reqId !== undefined && msg !== 'an audit event is lost')
  t.equal(lines.length, 1, JSON.stringify(lines))
  t.match(lines[0], { level: 50, err: { message: /^SQLite: (database or disk is full|disk I\/O error)$/ } })

  disk.mend(child.pid!)
  const mended = performance.now()
  while ((await register(issuer)).status !== 201) await wait(5)
  t.ok(performance.now() - mended < 3000, 'it recovers within seconds')
  await wait(200)
  over = true
  await Promise.all(crowd)
  raises(t, await scraping.end(), ['SolarDiskFull'])
  t.strictSame(refusals, [], 'what was answered was right all the time')
  const findings: Findings = { lost: [], twice: [], checks: 0 }
  await prove(customers, journal, random, findings, 0)
  t.match(findings, { lost: [], twice: [] })
  t.equal(child.exitCode, null, 'it is the same process')
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
  t.equal(child.exitCode, 0)
}

const register = (issuer: string): Promise<Response> =>
  fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"redirect_uris":["https://client.example/callback"]}',
  })

t.test('a server whose disk gets full under load answers 503, keeps what it said, and recovers by itself', async (t) => {
  const volume = mountVolume(t)
  if (volume === undefined) return t.plan(0, 'this account may not mount a volume')
  await breakAndMend(t, volume.folder, { break: () => volume.fill(), mend: () => volume.free() })
})

t.test('so does one whose disk takes no more writes', async (t) => {
  if (!refuseWrites(process.pid, false)) return t.plan(0, 'there is no prlimit here')
  await breakAndMend(t, t.testdir(), { break: (pid) => void refuseWrites(pid, true), mend: (pid) => void refuseWrites(pid, false) })
})

t.test('a server that is started on a full or read-only disk says so in a sentence, and ends', async (t) => {
  const volume = mountVolume(t)
  if (volume === undefined) return t.plan(0, 'this account may not mount a volume')
  const env = { ...SETTINGS, PORT: '0' }
  const complaint = async (database: string): Promise<string> => {
    const { code, stderr } = await spawnNode(t, 'src/server.ts', [], {
      cwd: t.testdir(),
      env: { ...env, DATABASE_URL: `sqlite:${database}` },
    }).ended
    t.equal(code, 1)
    t.notMatch(stderr, /^\s+at |node:internal|Error:/m, 'no stack trace')
    t.equal(stderr.trim().split('\n').length, 1)
    return stderr
  }
  const kept = join(volume.folder, 'kept', 'solar.db')
  mkdirSync(join(volume.folder, 'kept'))
  const { child, ended } = await spawnServer(t, { cwd: volume.folder, env: { ...env, DATABASE_URL: `sqlite:${kept}` } })
  child.kill('SIGTERM')
  await ended

  volume.fill()
  t.match(await complaint(join(volume.folder, 'new.db')), /full/)
  t.match(await complaint(kept), /full/)
  volume.free()
  volume.setReadOnly()
  t.match(await complaint(join(volume.folder, 'newer.db')), /read-only/)
  t.match(await complaint(kept), /read-?only/)
})
