/**
 * `npm run bench:gate`: what the gate adds to an MCP server: CPU time and latency of a call, how soon an event is through, what idle
 * streams weigh, and whether the rest of the server still answers then. Keeps the figures in bench/gate.md. `-- --quick` only shows that
 * it works.
 */
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run } from '../measure/load.ts'
import type { Figures } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { addMachine, build, startOurs } from '../servers/ours.ts'
import { startProcess } from '../servers/processes.ts'
import type { ServerProcess } from '../servers/processes.ts'

const quick = process.argv.includes('--quick')
const CALLS = quick ? 300 : 20_000
const ROUNDS = quick ? 1 : 5
const CONNECTIONS = 10
const EVENTS = quick ? 20 : 400
const IDLE = quick ? 100 : 5000
/** Opened at a time, as no system likes all of them at once. */
const AT_A_TIME = 50
const BODY = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { text: 'x'.repeat(200) } } })

const folder = mkdtempSync(join(tmpdir(), 'solar-gate-'))
const servers: ServerProcess[] = []
const agent = new Agent({ keepAlive: true, maxSockets: Infinity })

async function start(): Promise<{ upstream: ServerProcess; gate: ServerProcess; token: string }> {
  const script = fileURLToPath(new URL('upstream.ts', import.meta.url))
  const upstream = await startProcess(['--import', import.meta.resolve('tsx'), script], '/', (port) => ({ PORT: String(port) }))
  servers.push(upstream)
  const databaseUrl = `sqlite:${join(folder, 'solar.db')}`
  const more = {
    PROTECT: `${upstream.url}/mcp`,
    STREAMS_PER_USER: '100000',
    STREAMS_PER_CLIENT: '100000',
    STREAMS: '100000',
    LOG_LEVEL: 'warn',
  }
  const gate = await startOurs(databaseUrl, more)
  servers.push(gate)
  const { client_id, client_secret } = addMachine(databaseUrl)
  const answer = await fetch(`${gate.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: `${gate.url}/mcp`, client_id, client_secret }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return { upstream, gate, token }
}

const call = (server: ServerProcess, token?: string): Promise<Figures> =>
  run(server, {
    amount: CALLS,
    connections: CONNECTIONS,
    expected: 200,
    next: () => ({
      method: 'POST',
      path: '/mcp',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: BODY,
    }),
  })

/** Several rounds in turn; of each figure the one in the middle. */
async function compare(upstream: ServerProcess, gate: ServerProcess, token: string) {
  const [direct, through]: [Figures[], Figures[]] = [[], []]
  await call(gate, token) // warm
  for (let round = 0; round < ROUNDS; round++) {
    direct.push(await call(upstream))
    through.push(await call(gate, token))
  }
  const middle = (figures: Figures[], name: keyof Figures) => median(figures.map((each) => Number(each[name])))
  const all = (figures: Figures[]) =>
    [middle(figures, 'requestsPerSecond'), middle(figures, 'p50Ms'), middle(figures, 'p99Ms'), middle(figures, 'cpuMsPer1000')] as const
  return { direct: all(direct), through: all(through) }
}

function open(url: string, token: string): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => void request(url, { agent, headers }, resolve).on('error', reject).end())
}

/** How long after the upstream's write an event is here, in ms. */
async function eventLatency(url: string, token: string): Promise<readonly [p50: number, p99: number]> {
  const stream = await open(`${url}/mcp?talk=1`, token)
  const late: number[] = []
  for await (const chunk of stream) {
    const at = /data: ([\d.]+)/.exec(String(chunk))?.[1]
    if (at !== undefined) late.push(performance.timeOrigin + performance.now() - Number(at))
    if (late.length === EVENTS) break
  }
  late.sort((a, b) => a - b)
  return [late[Math.floor(late.length / 2)]!, late[Math.floor(late.length * 0.99)]!]
}

const rssMb = ({ pid }: ServerProcess): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

async function idle(gate: ServerProcess, token: string) {
  const before = rssMb(gate)
  const streams: IncomingMessage[] = []
  while (streams.length < IDLE) {
    const some = await Promise.all(Array.from({ length: AT_A_TIME }, () => open(`${gate.url}/mcp`, token)))
    for (const stream of some) stream.resume().on('error', () => undefined)
    streams.push(...some)
  }
  await sleep(quick ? 500 : 40_000) // each of them is asked about once, and gets comments
  const cpuBefore = gate.cpuMs()!
  await sleep(quick ? 500 : 10_000)
  const cpu = (gate.cpuMs()! - cpuBefore) / (quick ? 0.5 : 10)
  const after = rssMb(gate)
  const times: number[] = []
  for (let turn = 0; turn < 100; turn++) {
    const startedAt = performance.now()
    const refused = await fetch(`${gate.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) })
    await refused.arrayBuffer()
    times.push(performance.now() - startedAt)
  }
  const alive = streams.filter((stream) => !stream.closed).length
  for (const stream of streams) stream.destroy()
  times.sort((a, b) => a - b)
  return { before, after, alive, cpu, tokenP50: times[50]!, tokenP99: times[99]! }
}

const one = (value: number): string => value.toFixed(1)

try {
  build()
  const { upstream, gate, token } = await start()
  const calls = await compare(upstream, gate, token)
  const [p50, p99] = await eventLatency(gate.url, token)
  const [directP50, directP99] = await eventLatency(upstream.url, token)
  const streams = await idle(gate, token)
  const row = (name: string, [rate, p50Ms, p99Ms, cpu]: readonly number[]) =>
    `| ${name} | ${rate!.toFixed(0)} | ${one(p50Ms!)} | ${one(p99Ms!)} | ${cpu!.toFixed(0)} |`
  const text = `# The gate

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, by \`npm run bench:gate\`.
Both servers and the load generator share the cores. The MCP server does nothing but answer: any real one costs more.

Calls of a tool over ${CONNECTIONS} connections, ${CALLS} a round; medians of ${ROUNDS} rounds. The CPU time is that of the server in the first column.

| | per second | p50 ms | p99 ms | CPU ms / 1000 |
|---|---:|---:|---:|---:|
${row('the MCP server alone', calls.direct)}
${row('through the gate', calls.through)}

An event arrives after it was written, of ${EVENTS} events:

| | p50 ms | p99 ms |
|---|---:|---:|
| from the MCP server alone | ${one(directP50)} | ${one(directP99)} |
| through the gate | ${one(p50)} | ${one(p99)} |

${IDLE} idle streams, of which ${streams.alive} were open at the end: the gate has ${streams.before.toFixed(0)} MB before and ${streams.after.toFixed(0)} MB with them, uses ${one(streams.cpu / 10)} % of a core for comments and revocations, and \`/token\` refuses a request after ${one(streams.tokenP50)} ms (p99 ${one(streams.tokenP99)} ms).
`
  process.stdout.write(text)
  if (!quick) writeFileSync(fileURLToPath(new URL('../gate.md', import.meta.url)), text)
} finally {
  agent.destroy()
  for (const server of servers.reverse()) await server.stop()
  rmSync(folder, { recursive: true, force: true })
}
