/** Real clients through the gate, with the reference server behind it; `protect` as an operator types it. */
import { join } from 'node:path'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState as Discovery2, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import t from 'tap'
import { startEverything } from '#test/support/gate/gate.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ROOT, inherited, spawnNode } from '#test/support/processes/processes.ts'

const REDIRECT = 'http://localhost:3118/oauth/callback'
const [streamable, sse] = await Promise.all([startEverything(t), startEverything(t, 'sse')])
const folder = t.testdir()
const running = spawnNode(t, 'src/cli.ts', ['protect', streamable, `/legacy=${sse}`], { cwd: folder, env: { PORT: '0' }, counts: true })
const printed = await running.printed('is the issuer')
const issuer = /ready: (\S+) is the issuer/.exec(printed)![1]!
const echo = { name: 'echo', arguments: { message: 'through the gate' } }
const echoed = { content: [{ type: 'text', text: /through the gate/ }] }

t.test('the operator reads the address of each server, with what is behind it', async (t) => {
  t.match(printed, `apps connect to ${issuer}/mcp, behind it is ${streamable}; apps connect to ${issuer}/legacy, behind it is ${sse}`)
})

t.test('the SDK 2.x logs its user in and calls a tool', async (t) => {
  const provider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, Discovery2>(REDIRECT, {
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const open = () => new StreamableHTTPClientTransport(new URL(`${issuer}/mcp`), { authProvider: provider })
  const first = open()
  await t.rejects(new Client({ name: 'tests', version: '1.0.0' }).connect(first))
  await first.finishAuth((await createPerson(issuer).authorize(provider.memory.authorizationUrl!)).searchParams)
  const client = new Client({ name: 'tests', version: '1.0.0' })
  await client.connect(open())
  t.match(await client.callTool(echo), echoed)
  await client.close()
})

t.test('a client of 2024-11-05 opens its stream, and posts to an address of ours', async (t) => {
  const provider = createProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>(REDIRECT)
  const posted = new Set<string>()
  const open = () =>
    new SSEClientTransport(new URL(`${issuer}/legacy`), {
      authProvider: provider,
      fetch: (url, init) => {
        if (init?.method === 'POST') posted.add(String(url))
        return fetch(url, init)
      },
    })
  const first = open()
  await t.rejects(new Client1({ name: 'tests', version: '1.0.0' }).connect(first))
  await first.finishAuth((await createPerson(issuer).authorize(provider.memory.authorizationUrl!)).searchParams.get('code')!)
  const client = new Client1({ name: 'tests', version: '1.0.0' })
  await client.connect(open())
  t.match(await client.callTool(echo), echoed)
  await client.close()
  const messages = [...posted].filter((url) => url.includes('/legacy'))
  t.ok(messages.length > 0 && messages.every((url) => url.startsWith(`${issuer}/legacy/messages/`)), messages.join())
  const other = await fetch(messages[0]!, { method: 'POST', body: '{}' })
  t.equal(other.status, 401, 'the address alone opens nothing')
})

t.test('mcp-remote lets its host app in', async (t) => {
  const person = createPerson(issuer)
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...env } = inherited()
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(ROOT, 'node_modules/mcp-remote/dist/proxy.js'), `${issuer}/mcp`],
    env: { ...(env as Record<string, string>), MCP_REMOTE_CONFIG_DIR: t.testdir(), BROWSER: 'true' },
    stderr: 'pipe',
  })
  let said = ''
  transport.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const [, address] = /visiting:\s+(http\S+)\s/.exec(said) ?? []
    if (address === undefined || !said.includes('OAuth callback server running')) return
    said = ''
    void person.authorize(address).then((callback) => fetch(callback))
  })
  const client = new Client1({ name: 'tests', version: '1.0.0' })
  t.teardown(() => client.close())
  await client.connect(transport)
  t.match(await client.callTool(echo), echoed)
})

t.test('the operator stops it with streams open, and it ends at once', async (t) => {
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0 })
})
