/** The MCP TypeScript SDK 2.x, which also judges `iss` and adds `offline_access` on its own. */
import { auth, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import t from 'tap'
import { listen } from '../support/app.ts'
import { createProvider, startMcpServer } from '../support/mcp.ts'
import { createPerson } from '../support/person.ts'
import { testSdk } from '../support/sdk-suite.ts'

const newProvider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>

testSdk({
  scope: 'openid profile email offline_access',
  open(redirectUrl) {
    // Version 2 adds the scope only where the client says that it refreshes.
    const provider = newProvider(redirectUrl, { grant_types: ['authorization_code', 'refresh_token'] })
    return {
      memory: provider.memory,
      auth: (serverUrl, { callback, fetchFn } = {}) =>
        auth(provider, {
          serverUrl,
          ...(fetchFn && { fetchFn }),
          ...(callback && { authorizationCode: callback.searchParams.get('code')!, iss: callback.searchParams.get('iss')! }),
        }),
      async whoami(serverUrl, callback) {
        const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: provider })
        if (callback !== undefined) await transport.finishAuth(callback.searchParams)
        const client = new Client({ name: 'tests', version: '1.0.0' })
        try {
          await client.connect(transport)
          return await client.callTool({ name: 'whoami', arguments: {} })
        } finally {
          await client.close()
        }
      },
    }
  },
})

t.test('the SDK tells a denial, since its iss is right; a foreign iss it refuses before it looks', async (t) => {
  const { issuer } = await listen(t)
  const { url } = await startMcpServer(t, issuer)
  const provider = newProvider('https://client.example/callback')
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
  await auth(provider, { serverUrl: url })
  const person = createPerson(issuer)
  const login = await person.open(provider.memory.authorizationUrl!)
  const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
  const { away } = await person.submit(consent.page!, { decision: 'deny' })
  await t.rejects(transport.finishAuth(away!.searchParams), { code: 'access_denied' })
  away!.searchParams.set('iss', 'https://evil.example')
  await t.rejects(transport.finishAuth(away!.searchParams), { name: 'IssuerMismatchError' })
})
