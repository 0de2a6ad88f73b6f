/** The MCP TypeScript SDK 1.x, as most clients of today use it. */
import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import t from 'tap'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { challenged, testSdk } from '#test/support/clients/sdk-suite.ts'
import type { Sdk } from '#test/support/clients/sdk-suite.ts'

const sdk: Sdk = {
  scope: 'sky:read',
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
      async call(tool, serverUrl, callback) {
        const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: provider })
        if (callback !== undefined) await transport.finishAuth(callback.searchParams.get('code')!)
        const client = new Client({ name: 'tests', version: '1.0.0' })
        try {
          await client.connect(transport)
          return await client.callTool({ name: tool, arguments: {} })
        } finally {
          await client.close()
        }
      },
    }
  },
}

await testSdk(t, sdk, ({ issuer, url }) => {
  t.test('a tool that needs more: this release refreshes instead of asking for the scope, and gives up', async (t) => {
    const client = await challenged(sdk, createPerson(issuer), url)
    await t.rejects(client.call('launch_probe', url), { message: /403 after trying upscoping/ })
    t.match(await client.call('whoami', url), { content: [{ type: 'text' }] }, 'what it may, it still may')
  })

  t.test('a tool that needs more: without a refresh token this release asks for the scope, and the person allows it', async (t) => {
    const person = createPerson(issuer)
    const client = await challenged(sdk, person, url)
    delete client.memory.tokens!.refresh_token
    await t.rejects(client.call('launch_probe', url), { message: 'Unauthorized' })
    const said = await client.call('launch_probe', url, await person.authorize(client.memory.authorizationUrl!))
    t.match(said, { content: [{ type: 'text', text: /The probe is on its way/ }] })
    t.equal(client.memory.registrations, 1)
  })
})
