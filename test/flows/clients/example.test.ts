/** The whole way to a tool of the example: by what each client sends, in Chromium, and with Express in place of Fastify. */
import { auth, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import t from 'tap'
import type { Test } from 'tap'
import { listen } from '#test/support/app.ts'
import { allow, launch, logIn, openTab, withoutChromium } from '#test/support/processes/chromium.ts'
import { connect, refresh, setUp, tokensOf } from '#test/support/clients/client-flow.ts'
import { startClientSite } from '#test/support/clients/client-site.ts'
import { chatGpt, claude, claudeCode, cursor, geminiCli, inspector, mcpRemote, vsCode } from '#test/support/clients/clients.ts'
import { startExample } from '#test/support/processes/example.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'

const { issuer, storage, clock } = await listen(t)
const { url } = await startExample(t, issuer, storage, clock)

/** Calls a tool as a client does that speaks the protocol itself. */
function callTool(address: string, name: string, token?: string): Promise<Response> {
  return fetch(address, {
    method: 'POST',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
  })
}

/** The authorization server and the scope that the challenge of an MCP server leads to. */
async function discover(t: Test, address: string): Promise<{ server: string; scope: string }> {
  const refused = await callTool(address, 'whoami')
  t.equal(refused.status, 401)
  const challenge = refused.headers.get('www-authenticate') ?? ''
  const [, pointer = '', scope = ''] = /^Bearer resource_metadata="(.+?)", scope="(.+?)"$/.exec(challenge) ?? []
  const { resource, authorization_servers: servers } = (await (await fetch(pointer)).json()) as {
    resource: string
    authorization_servers: string[]
  }
  t.equal(resource, address)
  return { server: servers[0]!, scope }
}

for (const description of [chatGpt[0]!, claude[0]!, claudeCode, cursor[0]!, vsCode[0]!, geminiCli, mcpRemote, inspector[0]!]) {
  t.test(`${description.name} goes from the challenge to the tool`, async (t) => {
    const { server, scope } = await discover(t, url)
    // ChatGPT asks for all that is advertised; who asks for offline_access does so besides the scope of the challenge.
    const asked =
      description.scope === 'advertised' ? 'advertised' : description.scope?.includes('offline_access') ? `${scope} offline_access` : scope
    const device = await setUp(t, server, { ...description, resource: url, scope: asked })
    const first = await connect(t, server, device, createPerson(server))
    const second = await tokensOf(t, await refresh(device, first.refresh_token))
    for (const { access_token: token } of [first, second]) {
      t.match(await (await callTool(url, 'whoami', token)).text(), `"text":"${decodeJwt(token).sub}"`)
      t.equal((await callTool(url, 'launch_probe', token)).status, asked === 'advertised' ? 200 : 403)
    }
  })
}

t.test(
  'a person in Chromium logs in, reads what the app may do, and is asked once more when a tool needs more',
  { skip: withoutChromium },
  async (t) => {
    const site = await startClientSite(t)
    const redirect = `http://127.0.0.1:${site.port}/oauth/callback`
    const provider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>(redirect)
    const { page, complaints } = await openTab(await launch(t))

    /** Calls a tool; with an answer of the authorization server, it first finishes the authorization. */
    async function call(tool: string, answer?: URLSearchParams): Promise<unknown> {
      const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider })
      if (answer !== undefined) await transport.finishAuth(answer)
      const client = new Client({ name: 'tests', version: '1.0.0' })
      try {
        await client.connect(transport)
        return await client.callTool({ name: tool, arguments: {} })
      } finally {
        await client.close()
      }
    }

    const arrive = async () => {
      await allow(page)
      await page.waitForURL(`${redirect}?**`)
      return new URL(page.url()).searchParams
    }

    await t.rejects(call('whoami'))
    await page.goto(provider.memory.authorizationUrl!.href)
    await logIn(page)
    await page.getByText('Look at the sky').waitFor()
    t.equal(await page.getByText('Launch probes to other planets').count(), 0)
    await page.getByText('Solar System tools').first().waitFor()
    t.match(await call('whoami', await arrive()), { content: [{ type: 'text', text: /^[\w-]{22}$/ }] })

    await t.rejects(call('launch_probe'))
    await page.goto(provider.memory.authorizationUrl!.href)
    await page.getByText('Launch probes to other planets').waitFor()
    t.match(await call('launch_probe', await arrive()), { content: [{ type: 'text', text: /The probe is on its way/ }] })
    t.strictSame(complaints, [])
  },
)

t.test('the example with Express refuses, points the way, and lets in alike', async (t) => {
  const express = await startExample(t, issuer, storage, clock, 'express.js')
  const { server } = await discover(t, express.url)
  t.equal(server, issuer)
  const provider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>(
    'http://localhost:3118/oauth/callback',
  )
  await auth(provider, { serverUrl: express.url, scope: 'sky:read' })
  const callback = await createPerson(issuer).authorize(provider.memory.authorizationUrl!)
  await auth(provider, { serverUrl: express.url, authorizationCode: callback.searchParams.get('code')!, iss: issuer })
  const token = provider.memory.tokens!.access_token
  t.match(await (await callTool(express.url, 'whoami', token)).text(), /"text":"[\w-]{22}"/)
  t.match(await callTool(express.url, 'launch_probe', token), { status: 403 })
  t.equal((await callTool(url, 'whoami', token)).status, 401, "and not with another server's token")
  const preflight = await fetch(express.url, {
    method: 'OPTIONS',
    headers: { origin: 'https://inspector.example', 'access-control-request-method': 'POST' },
  })
  t.match(Object.fromEntries(preflight.headers), { 'access-control-allow-origin': '*', 'access-control-allow-headers': /Authorization/ })
})
