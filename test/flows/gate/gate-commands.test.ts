/** Real clients through the gate to the reference server as a command; `protect -- COMMAND` as an operator types it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState as Discovery2, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import t from 'tap'
import { gone } from '#test/support/gate/commands.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ROOT, logLines, spawnNode } from '#test/support/processes/processes.ts'

const REDIRECT = 'http://localhost:3118/oauth/callback'
const everything = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')
const folder = t.testdir()
const running = spawnNode(
  t,
  'src/cli.ts',
  ['protect', '--name', 'Everything', '--env', 'NODE_ENV', '--', process.execPath, everything, 'stdio'],
  { cwd: folder, env: { PORT: '0', NODE_ENV: 'production' } },
)
const printed = await running.printed('is the issuer')
const issuer = /ready: (\S+) is the issuer/.exec(printed)![1]!
const echo = { name: 'echo', arguments: { message: 'through the gate' } }
const echoed = { content: [{ type: 'text', text: /through the gate/ }] }

t.test('the operator reads what runs, and as whom', async (t) => {
  t.match(printed, `apps connect to ${issuer}/mcp, behind it is ${process.execPath} ${everything} stdio`)
  t.match(printed, /Commands run as .* data\/secret included/)
})

t.test('the SDK 1.x logs its user in, calls tools, sees progress, is asked, and ends its session', async (t) => {
  const provider = createProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>(REDIRECT)
  const open = () => new Transport1(new URL(`${issuer}/mcp`), { authProvider: provider })
  const first = open()
  await t.rejects(new Client1({ name: 'tests', version: '1.0.0' }).connect(first))
  await first.finishAuth((await createPerson(issuer).authorize(provider.memory.authorizationUrl!)).searchParams.get('code')!)
  const client = new Client1({ name: 'tests', version: '1.0.0' }, { capabilities: { sampling: {} } })
  client.setRequestHandler(CreateMessageRequestSchema, async () => ({
    model: 'none',
    role: 'assistant',
    content: { type: 'text', text: 'an answer of the client' },
  }))
  const transport = open()
  await client.connect(transport)
  t.ok(transport.sessionId)
  t.match((await client.listTools()).tools, [{ name: 'echo' }])
  t.match(await client.callTool(echo), echoed)
  const progress: number[] = []
  const long = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 4 } }
  await client.callTool(long, undefined, { onprogress: ({ progress: done }) => progress.push(done) })
  t.same(progress, [1, 2, 3, 4], 'events arrive one by one')
  const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'p', maxTokens: 9 } })
  t.match(JSON.stringify(sampled), /an answer of the client/)
  t.ok((await client.listResources()).resources.length > 0)
  await transport.terminateSession()
  await client.close()
})

for (const mode of ['auto', 'legacy'] as const)
  t.test(`the SDK 2.x in mode ${mode} logs its user in and calls a tool`, async (t) => {
    const provider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, Discovery2>(REDIRECT, {
      grant_types: ['authorization_code', 'refresh_token'],
    })
    const open = () => new StreamableHTTPClientTransport(new URL(`${issuer}/mcp`), { authProvider: provider })
    const first = open()
    await t.rejects(new Client({ name: 'tests', version: '1.0.0' }).connect(first))
    await first.finishAuth((await createPerson(issuer).authorize(provider.memory.authorizationUrl!)).searchParams)
    const client = new Client({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } })
    await client.connect(open())
    t.match(await client.callTool(echo), echoed)
    await client.close()
  })

t.test('a second server on the database does not start, and says why', async (t) => {
  const second = spawnNode(t, 'src/server.ts', [], { cwd: folder, env: { PORT: '0' } })
  t.match(await second.ended, { code: 1, stderr: /only one can: stop it first/ })
})

t.test('the operator stops it, and nothing stays', async (t) => {
  const pids = logLines(running.stdout())
    .filter(({ msg }) => msg === 'a command started')
    .map((line) => (line as unknown as { pid: number }).pid)
  t.equal(pids.length, 2, 'one for all sessions of the user, one that was asked whether it needs none')
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0 })
  for (const pid of pids) t.ok(await gone(pid))
  t.notOk(existsSync(join(folder, 'data/server.json')))
})
