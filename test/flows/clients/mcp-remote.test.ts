/** mcp-remote itself: between it and the host app is stdio, what it prints is what its person would open. */
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import t from 'tap'
import type { Test } from 'tap'
import { listen } from '#test/support/app.ts'
import { startExample } from '#test/support/processes/example.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ROOT, inherited } from '#test/support/processes/processes.ts'

const { issuer, storage, clock } = await listen(t)
const example = await startExample(t, issuer, storage, clock)
const person = createPerson(issuer)
/** Where it keeps its client and its tokens. */
const home = t.testdir()

/** Starts it, as a host app does. Whatever it sends its person to is logged in at, and allowed; `visits` are those addresses. */
async function start(t: Test) {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...env } = inherited()
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(ROOT, 'node_modules/mcp-remote/dist/proxy.js'), example.url],
    env: { ...(env as Record<string, string>), MCP_REMOTE_CONFIG_DIR: home, BROWSER: 'true' },
    stderr: 'pipe',
  })
  const visits: URL[] = []
  let said = ''
  transport.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const [, address] = /visiting:\s+(http\S+)\s/.exec(said) ?? []
    // A person is slower than its callback server, which it starts before the address or after it.
    if (address === undefined || !said.includes('OAuth callback server running')) return
    said = ''
    visits.push(new URL(address))
    void person.authorize(address).then((callback) => fetch(callback))
  })
  const client = new Client({ name: 'tests', version: '1.0.0' })
  t.teardown(() => client.close())
  await client.connect(transport)
  const call = (name: string) => client.callTool({ name, arguments: {} })
  return { visits, call, stop: () => client.close() }
}

t.test('mcp-remote registers, opens the login, and lets its host call a tool', async (t) => {
  const { visits, call } = await start(t)
  t.match(await call('whoami'), { content: [{ type: 'text', text: /^[\w-]{22}$/ }] })
  t.equal(visits.length, 1)
  t.match(Object.fromEntries(visits[0]!.searchParams), { resource: example.url, scope: 'sky:read', code_challenge_method: 'S256' })
})

t.test('mcp-remote that starts again needs no login, even after both servers forgot all but their data', async (t) => {
  await example.restart()
  const { visits, call } = await start(t)
  t.match(await call('whoami'), { content: [{ type: 'text' }] })
  t.equal(visits.length, 0)
})

t.test('mcp-remote that calls a tool that needs more sends its person once more, and the call goes through', async (t) => {
  const { visits, call } = await start(t)
  t.match(await call('launch_probe'), { content: [{ type: 'text', text: /The probe is on its way/ }] })
  t.equal(visits.length, 1)
  t.match(visits[0]!.searchParams.get('scope'), /probes:launch/)
})

t.test('mcp-remote whose client was deleted on the server registers again', async (t) => {
  for (const client of await storage.clients.list({ limit: 100 })) await storage.clients.delete(client.id)
  await example.restart()
  const { visits, call } = await start(t)
  t.match(await call('whoami'), { content: [{ type: 'text' }] })
  t.equal(visits.length, 1)
})
