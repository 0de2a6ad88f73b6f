/** The example's tools without its guard: direct and behind the gate they are the same, and a rule of the gate does what the guard did. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { serveTools } from '../../../examples/mcp-server/tools.ts'
import { createGateScene } from '#test/support/gate/gate.ts'

const scene = await createGateScene(t, (request, response) => {
  void serveTools(request, response, request.text === '' ? undefined : JSON.parse(request.text))
})

async function connect(url: string, token?: string): Promise<Client> {
  const client = new Client({ name: 'tests', version: '1.0.0' })
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  t.teardown(() => client.close())
  return client
}

t.test('a client gets the same tools and answers', async (t) => {
  const [direct, behind] = [await connect(scene.upstream.url), await connect(scene.address, await scene.token())]
  t.strictSame(behind.getServerVersion(), direct.getServerVersion())
  const { tools } = await behind.listTools()
  t.strictSame(tools, (await direct.listTools()).tools)
  t.equal(tools.length, 2)
  for (const { name } of tools) t.strictSame(await behind.callTool({ name }), await direct.callTool({ name }), name)
})

t.test('a tool that has a rule needs its scope, and the other one does not', async (t) => {
  await scene.change({
    scopes: [
      { name: 'sky:read', description: 'Look at the sky' },
      { name: 'probes:launch', description: 'Launch probes to other planets' },
    ],
  })
  await scene.gate({
    tools: [
      { tool: 'launch_probe', scope: 'probes:launch' },
      { tool: '*', scope: 'sky:read' },
    ],
  })
  const reader = await connect(scene.address, await scene.token({ scopes: ['sky:read'] }))
  t.match(await reader.callTool({ name: 'whoami' }), { content: [{ type: 'text' }] })
  await t.rejects(reader.callTool({ name: 'launch_probe' }))
  const pilot = await connect(scene.address, await scene.token({ scopes: ['sky:read', 'probes:launch'] }))
  t.match(await pilot.callTool({ name: 'launch_probe' }), { content: [{ text: /on its way/ }] })
})
