/** Two tools, as any MCP server has them: nothing here knows of logins but by `authInfo`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { AccessToken } from 'solar-system-oauth-server/resource-server'

const text = (text: string) => ({ content: [{ type: 'text' as const, text }] })

function createTools(): McpServer {
  const server = new McpServer({ name: 'solar-system-tools', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who you are to this server' }, ({ authInfo }) => text(String(authInfo?.extra?.['sub'])))
  server.registerTool('launch_probe', { description: 'Launches a probe to Saturn' }, () =>
    text('The probe is on its way. It arrives in seven years.'),
  )
  return server
}

/** Answers one request of MCP's Streamable HTTP, without sessions: any number of processes can stand side by side. */
export async function serveTools(
  request: IncomingMessage & { auth?: AccessToken | undefined },
  response: ServerResponse,
  body: unknown,
): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end()
    return
  }
  const transport = new StreamableHTTPServerTransport()
  response.on('close', () => void transport.close())
  await createTools().connect(transport as Parameters<McpServer['connect']>[0])
  await transport.handleRequest(request as Parameters<typeof transport.handleRequest>[0], response, body)
}
