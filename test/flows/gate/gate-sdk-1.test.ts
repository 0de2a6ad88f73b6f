/** The MCP TypeScript SDK 1.x through the gate, with the reference server behind it. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { startEverything } from '#test/support/gate/gate.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'

const upstream = await startEverything(t)
const { issuer } = await listen(t, { PROTECT: upstream })
const address = new URL(`${issuer}/mcp`)

t.test('a client that knows only the address logs its user in, opens a session, and uses the tools of the server behind', async (t) => {
  const provider = createProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>('http://localhost:3118/oauth/callback')
  const first = new StreamableHTTPClientTransport(address, { authProvider: provider })
  await t.rejects(new Client({ name: 'tests', version: '1.0.0' }).connect(first), 'without a token it sends its user to the login')
  const callback = await createPerson(issuer).authorize(provider.memory.authorizationUrl!)
  await first.finishAuth(callback.searchParams.get('code')!)

  const transport = new StreamableHTTPClientTransport(address, { authProvider: provider })
  const client = new Client({ name: 'tests', version: '1.0.0' })
  await client.connect(transport)
  t.ok(transport.sessionId, 'the session of the server behind')
  t.match((await client.listTools()).tools, [{ name: 'echo' }])
  t.match(await client.callTool({ name: 'echo', arguments: { message: 'through the gate' } }), {
    content: [{ type: 'text', text: /through the gate/ }],
  })
  const progress: number[] = []
  const long = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 4 } }
  await client.callTool(long, undefined, { onprogress: ({ progress: done }) => progress.push(done) })
  t.same(progress, [1, 2, 3, 4], 'events arrive one by one')
  await transport.terminateSession()
  await client.close()
})
