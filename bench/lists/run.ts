/**
 * `npm run bench:lists`: the pages of the console among a million clients and half a million grants, on each engine; keeps the figures in
 * bench/lists.md. `-- --quick` only shows that it works, `-- SQLite` or `-- PostgreSQL` measures one engine and keeps nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatCursor } from '../../src/domain/protocol/cursor.ts'
import { startConsole } from '../../test/support/people/console.ts'
import { postgres, sqlite } from '../size/engines.ts'
import type { Engine } from '../size/engines.ts'
import { fill } from '../size/fill.ts'
import { clientId } from '../size/population.ts'
import type { Population } from '../size/population.ts'

const quick = process.argv.includes('--quick')
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const CLIENTS = quick ? 10_000 : 1_000_000
const ROUNDS = quick ? 3 : 40
const TABLES = ['users', 'clients', 'grants', 'audit_events']

interface Figures {
  readonly page: string
  readonly p50: number
  readonly longest: number
  readonly cpu: number
}

const folder = mkdtempSync(join(tmpdir(), 'solar-lists-'))
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
const t = { teardown: (end: () => unknown) => void endings.push(end) }
try {
  const engines = [async () => sqlite(folder), () => postgres(t)]
  const reports: string[] = []
  for (const open of engines) {
    const engine = await open()
    if (chosen.length === 0 || chosen.includes(engine.name)) reports.push(render(engine.name, await measure(engine)))
  }
  const report = [head(), ...reports].join('\n')
  process.stdout.write(`\n${report}`)
  if (!quick && chosen.length === 0) writeFileSync(fileURLToPath(new URL('../lists.md', import.meta.url)), report)
} finally {
  for (const end of endings.reverse()) await end()
}

async function measure(engine: Engine): Promise<Figures[]> {
  const population: Population = { clients: CLIENTS, openCodes: 0, now: Date.now(), name: 'live', over: false }
  const databaseUrl = await engine.createDatabase('lists')
  process.stderr.write(`${engine.name}: filling\n`)
  await fill(databaseUrl, population, () => undefined, TABLES)
  await engine.settle(databaseUrl)
  const flow = await startConsole(t, { DATABASE_URL: databaseUrl, RATE_LIMIT_LOGIN: 'off' })
  const { person } = await flow.enter()
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ')

  async function time(page: string, path: string): Promise<Figures> {
    const wall: number[] = []
    let cpu = 0
    for (let round = -1; round < ROUNDS; round++) {
      const [begun, used, theirs] = [performance.now(), process.cpuUsage(), engine.cpuMs()]
      const { statusCode, body } = await flow.app.inject({ url: `/admin${path}`, headers: { cookie } })
      if (statusCode !== 200 || !body.includes('page-console')) throw new Error(`${path}: ${statusCode}`)
      if (round < 0) continue // the first one prepares its statements
      wall.push(performance.now() - begun)
      const { user, system } = process.cpuUsage(used)
      cpu += (user + system) / 1000 + engine.cpuMs() - theirs
    }
    wall.sort((one, other) => one - other)
    return { page, p50: wall[Math.floor(ROUNDS / 2)]!, longest: wall.at(-1)!, cpu: cpu / ROUNDS }
  }

  const middle = clientId(population, Math.floor(CLIENTS / 4) * 2)
  const [{ createdAt }, { lastUsedAt }] = [(await flow.storage.clients.find(middle))!, (await flow.storage.clients.find(middle))!]
  const after = (...key: (string | number)[]): string => `after=${formatCursor(key)}`
  const [grant] = await flow.storage.grants.list({ clientId: middle, now: Date.now(), limit: 1 })
  const pages: [page: string, path: string][] = [
    ['overview', ''],
    ['clients, the newest', '/clients'],
    ['clients, the newest, in the middle', `/clients?${after(createdAt, middle)}`],
    ['clients, the last used', '/clients?order=used'],
    ['clients, the last used, in the middle', `/clients?order=used&${after(lastUsedAt!, middle)}`],
    ['clients by id, in the middle', `/clients?order=id&${after(middle)}`],
    ['clients of one id', `/clients?by=id&q=${middle.slice(0, 20)}`],
    ['clients of one name, which all have', '/clients?by=name&q=be'],
    ['the same, in the middle', `/clients?by=name&q=be&${after('bench', createdAt, middle)}`],
    ['clients of one host, which all have, in the middle', `/clients?by=host&q=client.ex&${after('client.example', createdAt, middle)}`],
    ['clients of a name that nobody has', '/clients?by=name&q=nobody'],
    ['clients that wait, of which there are none', '/clients?waiting=yes'],
    ['one client', `/clients/client?id=${middle}`],
    ['connected apps of everybody', '/grants'],
    ['connected apps of everybody, in the middle', `/grants?${after(grant!.grant.expiresAt, grant!.grant.id)}`],
    ['connected apps of one person', `/grants?user=${grant!.username}`],
    ['people', '/people'],
    ['audit log', '/audit'],
  ]
  const figures: Figures[] = []
  for (const [page, path] of pages) figures.push(await time(page, path))
  return figures
}

function head(): string {
  const [cpu] = cpus()
  return `# The console among a million clients

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, by \`npm run bench:lists\`: ${CLIENTS.toLocaleString('en')} clients, all of one name and host, and half as many
grants. Each page was opened ${ROUNDS} times, from the request to the whole answer; CPU time is that of server and engine. CPU time counts where other programs were at work on the
machine: the load average says how many wanted a core.
`
}

function render(engine: string, figures: readonly Figures[]): string {
  const number = (ms: number): string => ms.toFixed(1)
  const rows = figures.map(({ page, p50, longest, cpu }) => `| ${page} | ${number(p50)} | ${number(longest)} | ${number(cpu)} |`)
  return [
    `## ${engine}`,
    '',
    `Load average of the last minute: ${loadavg()[0]!.toFixed(1)}, on ${cpus().length} cores.`,
    '',
    '| page | p50 ms | longest ms | CPU ms |',
    '|---|---:|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}
