/** The MCP TypeScript SDK 1.x, as most clients of today use it. */
import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { createProvider } from '../support/mcp.ts'
import { testSdk } from '../support/sdk-suite.ts'

testSdk({
  scope: 'openid profile email',
  open(redirectUrl) {
    const provider = createProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>(redirectUrl)
    return {
      memory: provider.memory,
      auth: (serverUrl, { callback, fetchFn } = {}) =>
        auth(provider, {
          serverUrl,
          ...(fetchFn && { fetchFn }),
          ...(callback && { authorizationCode: callback.searchParams.get('code')! }),
        }),
      async whoami(serverUrl, callback) {
        const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: provider })
        if (callback !== undefined) await transport.finishAuth(callback.searchParams.get('code')!)
        const client = new Client({ name: 'tests', version: '1.0.0' })
        try {
          await client.connect(transport as Parameters<Client['connect']>[0])
          return await client.callTool({ name: 'whoami', arguments: {} })
        } finally {
          await client.close()
        }
      },
    }
  },
})
