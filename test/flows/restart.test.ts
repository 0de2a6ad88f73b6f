/** Everything that was promised survives a restart, between any two steps of a client's way (DESIGN, Records). */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { start } from '#src/process/start.ts'
import type { Storage } from '#src/storage/storage.ts'
import { attempt, setUp } from '#test/support/clients/client-flow.ts'
import { chatGpt, claudeCode } from '#test/support/clients/clients.ts'
import type { ClientDescription } from '#test/support/clients/clients.ts'
import { startExample } from '#test/support/processes/example.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { goWithRestarts } from '#test/support/clients/restart-flow.ts'
import { createInstallation } from '#test/support/processes/server-process.ts'

const confidential: ClientDescription = {
  ...claudeCode,
  registration: { client_name: 'Planets', redirect_uris: ['https://client.example/callback'] },
  redirectUri: 'https://client.example/callback',
  receiver: 'client.example',
}

/** A server in this process over a file, and what ends it in order and starts it again. */
async function install(t: Test): Promise<{ issuer: string; storage: () => Storage; restart: () => Promise<void> }> {
  const { issuer, env } = await createInstallation(t)
  const config = loadConfig(env)
  if (!config.ok) throw new Error(config.error.join('\n'))
  let app: FastifyInstance = await start(config.value, false)
  t.teardown(() => app.close())
  return {
    issuer,
    storage: () => app.storage,
    async restart() {
      await app.close()
      app = await start(config.value, false)
    },
  }
}

for (const description of [chatGpt[0]!, claudeCode, confidential]) {
  t.test(`${String(description.registration['client_name'])} goes its whole way with a restart after each step`, async (t) => {
    const { issuer, restart } = await install(t)
    await goWithRestarts(t, issuer, description, restart)
  })
}

t.test('a stored consent survives a restart: the person is not asked twice', async (t) => {
  const { issuer, restart } = await install(t)
  const device = await setUp(t, issuer, chatGpt[0]!)
  const person = createPerson(issuer)
  await person.authorize(attempt(device).url)
  await restart()
  t.match((await person.open(attempt(device).url)).away?.search, /code=/)
})

t.test(
  'an app goes from the challenge to a tool of the example with a restart after each step, and one of the example itself',
  async (t) => {
    const { issuer, storage, restart } = await install(t)
    const example = await startExample(t, issuer, storage(), { now: Date.now() })
    await restart()
    const provider = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>(
      'http://localhost:3118/oauth/callback',
      {
        grant_types: ['authorization_code', 'refresh_token'],
      },
    )
    const call = async (answer?: URLSearchParams) => {
      const transport = new StreamableHTTPClientTransport(new URL(example.url), { authProvider: provider })
      if (answer !== undefined) await transport.finishAuth(answer)
      const client = new Client({ name: 'tests', version: '1.0.0' })
      t.teardown(() => client.close())
      await client.connect(transport)
      await restart()
      return await client.callTool({ name: 'whoami', arguments: {} })
    }
    await t.rejects(call(), 'it registered, and sends its person')
    await restart()
    const callback = await createPerson(issuer).authorize(provider.memory.authorizationUrl!)
    await restart()
    t.match(await call(callback.searchParams), { content: [{ type: 'text' }] })
    await Promise.all([restart(), example.restart()])
    provider.memory.tokens = { ...provider.memory.tokens!, access_token: 'stale' }
    t.match(await call(), { content: [{ type: 'text' }] }, 'it refreshed')
    t.equal(provider.memory.registrations, 1)
  },
)
