/**
 * `npm run example:three-nodes`: three nodes of the authorization server on one PostgreSQL, behind a round-robin proxy.
 * Ctrl-C ends everything. `PORT` is the proxy's (8000), `DATABASE_URL` a PostgreSQL of your own.
 */
import { randomBytes } from 'node:crypto'
import { startEmbedded } from '../../test/support/processes/embedded-postgres.ts'
import { startNode } from './node.ts'
import type { Node } from './node.ts'
import { startProxy } from './proxy.ts'

const NAMES = ['one', 'two', 'three']
/** What has to end, the latest first. */
const endings: (() => unknown)[] = []
let ending: Promise<void> | undefined

function end(code: number): void {
  ending ??= (async () => {
    for (const finish of endings.reverse()) await finish()
    process.exit(code)
  })()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0))

try {
  await start()
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  process.stderr.write(
    `${code === 'EADDRINUSE' ? 'Another program has that port: say which one to take, as in PORT=8200 npm run example:three-nodes' : message}\n`,
  )
  end(1)
}

async function start(): Promise<void> {
  const { PORT = '8000', DATABASE_URL } = process.env
  const databaseUrl = DATABASE_URL ?? (await startEmbedded({ teardown: (finish) => void endings.push(finish) })).url
  const nodes: Node[] = []
  const proxy = await startProxy(Number(PORT), nodes)
  const issuer = `http://localhost:${proxy.port}`
  const env = {
    ISSUER: issuer,
    DATABASE_URL: databaseUrl,
    SECRET: process.env['SECRET'] ?? randomBytes(32).toString('base64'),
    HOST: 'localhost',
    TRUST_PROXY: '1',
    LOG_LEVEL: 'warn',
  }
  const starting = NAMES.map(async (name) => {
    const node = await startNode(name, env)
    endings.push(() => node.stop())
    return node
  })
  nodes.push(...(await Promise.all(starting)))
  endings.push(() => proxy.close())
  for (const { name, ended } of nodes) {
    void ended.then(() => {
      if (ending === undefined) process.stdout.write(`\nNode ${name} is gone; the others go on.\n`)
    })
  }
  process.stdout.write(introduction(issuer, nodes, databaseUrl))
}

function introduction(issuer: string, nodes: readonly Node[], databaseUrl: string): string {
  const rows = nodes.map(({ name, port, pid }) => `  node ${name.padEnd(7)} http://localhost:${port}  pid ${pid}`)
  const hints = [
    [`curl -si ${issuer}/healthz | grep x-node`, 'each answer comes from another node'],
    [`npm run verify -- ${issuer}`, 'a whole client, every request elsewhere'],
    [`kill -9 ${nodes[0]!.pid}`, 'a node is gone, and nobody notices'],
  ].map(([command = '', effect]) => `  ${command.padEnd(54)} ${effect}`)
  return `
Three nodes of one authorization server. To people and clients they are ${issuer}
(administrator: admin, password: admin123).

${rows.join('\n')}
  database     ${databaseUrl}

Try:
${hints.join('\n')}

Ctrl-C ends everything.
`
}
