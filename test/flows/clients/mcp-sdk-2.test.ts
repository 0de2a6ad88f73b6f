/** The MCP TypeScript SDK 2.x, which also checks `iss` and adds `offline_access` on its own. */
import { auth, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import t from 'tap'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { challenged, testSdk } from '#test/support/clients/sdk-suite.ts'
import type { Sdk } from '#test/support/clients/sdk-suite.ts'

const newProvider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>

const sdk: Sdk = {
  scope: 'sky:read offline_access',
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
      async call(tool, serverUrl, callback) {
        const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: provider })
        if (callback !== undefined) await transport.finishAuth(callback.searchParams)
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
  t.test(
    'a tool that needs more: the SDK asks for the scope besides those it has, the person allows it, and the call goes through',
    async (t) => {
      const person = createPerson(issuer)
      const client = await challenged(sdk, person, url)
      t.equal(client.memory.tokens!.scope, 'sky:read offline_access')
      await t.rejects(client.call('launch_probe', url), 'the person has to allow it')
      t.equal(client.memory.authorizationUrl!.searchParams.get('scope'), 'sky:read offline_access probes:launch')
      const { page } = await person.open(client.memory.authorizationUrl!)
      t.match(page?.html, /Launch probes to other planets/, 'the consent page says so in the words of the resource')
      const said = await client.call('launch_probe', url, await person.authorize(client.memory.authorizationUrl!))
      t.match(said, { content: [{ type: 'text', text: /The probe is on its way/ }] })
      t.equal(client.memory.registrations, 1)
      t.match(await client.call('whoami', url), { content: [{ type: 'text' }] })
    },
  )

  t.test('a person who leaves out what a tool needs is asked again by the SDK, which then goes on with what they allow', async (t) => {
    const person = createPerson(issuer)
    const client = await challenged(sdk, person, url)
    await t.rejects(client.call('launch_probe', url))
    const { page } = await person.open(client.memory.authorizationUrl!)
    const unticked = { ...page!, form: { ...page!.form!, checked: [['preset', 'choose'] as const] } }
    const { away } = await person.submit(unticked, { decision: 'allow' })
    await t.rejects(client.call('launch_probe', url, away), 'it has no more than before')
    t.equal(client.memory.tokens!.scope, 'sky:read offline_access')
    t.match(await client.call('whoami', url), { content: [{ type: 'text' }] }, 'which is good for what it was good for')
    await t.rejects(client.call('launch_probe', url))
    t.equal(client.memory.authorizationUrl!.searchParams.get('scope'), 'sky:read offline_access probes:launch', 'it asks once more')
    const said = await client.call('launch_probe', url, await person.authorize(client.memory.authorizationUrl!))
    t.match(said, { content: [{ type: 'text', text: /The probe is on its way/ }] })
    t.equal(client.memory.registrations, 1)
  })

  t.test('the SDK tells a denial, since its iss is right; a foreign iss it refuses before it looks', async (t) => {
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
})
