/** `npm run example`: both servers, from the packed package, and a client that runs the whole flow between them. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { auth, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import t from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ROOT, TSX, spawnNode } from '#test/support/processes/processes.ts'

t.test('a developer whose port is taken reads so at once', async (t) => {
  const taken = createServer().listen(0, 'localhost')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const used = String((taken.address() as AddressInfo).port)
  for (const [name, other] of [
    ['PORT', 'MCP_PORT'],
    ['MCP_PORT', 'PORT'],
  ] as const) {
    const env = { [name]: used, [other]: String(await freePort()) }
    const { code, stderr } = await spawnNode(t, 'scripts/example.ts', [], { cwd: ROOT, env, loader: TSX }).ended
    t.strictSame(
      { code, stderr },
      { code: 1, stderr: `Port ${used} is in use: stop the program that uses it, or set ${name} to another one.\n` },
    )
  }
})

t.test('a developer starts the example twice with one command, connects a client, and ends it with Ctrl-C', async (t) => {
  const [port, mcpPort] = [await freePort(), await freePort()]
  const [issuer, url] = [`http://localhost:${port}`, `http://localhost:${mcpPort}/mcp`]
  const env = { PORT: String(port), MCP_PORT: String(mcpPort), DATABASE_URL: `sqlite:${join(t.testdir(), 'solar.db')}` }
  const start = async () => {
    const running = spawnNode(t, 'scripts/example.ts', [], { cwd: ROOT, env, loader: TSX })
    const printed = await running.printed('Ctrl-C')
    for (const shown of [url, issuer, 'admin123']) t.match(printed, shown)
    return running
  }
  const isGone = async (address: string) =>
    fetch(address).then(
      () => false,
      () => true,
    )

  const first = await start()
  const provider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>(
    'http://localhost:3118/oauth/callback',
  )
  await auth(provider, { serverUrl: url })
  const callback = await createPerson(issuer).authorize(provider.memory.authorizationUrl!)
  await auth(provider, { serverUrl: url, authorizationCode: callback.searchParams.get('code')!, iss: issuer })
  const call = async (name: string) => {
    const client = new Client({ name: 'tests', version: '1.0.0' })
    t.teardown(() => client.close())
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: provider }))
    return await client.callTool({ name, arguments: {} })
  }
  t.match(await call('whoami'), { content: [{ type: 'text', text: /^[\w-]{22}$/ }] })
  t.match(await call('launch_probe'), { content: [{ type: 'text', text: /The probe is on its way/ }] })
  first.child.kill('SIGINT')
  t.match(await first.ended, { code: 0, stderr: '' })
  t.ok((await isGone(issuer)) && (await isGone(url)), 'both are gone')

  const second = await start()
  t.match(await call('whoami'), { content: [{ type: 'text' }] }, 'the client is still known, and its token still good')
  second.child.kill('SIGTERM')
  t.match(await second.ended, { code: 0 })
})
