/** Everything that was promised survives a restart, between any two steps of a client's way (DESIGN, Records). */
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config.ts'
import { start } from '../../src/start.ts'
import { attempt, setUp } from '../support/client-flow.ts'
import { chatGpt, claudeCode } from '../support/clients.ts'
import type { ClientDescription } from '../support/clients.ts'
import { createPerson } from '../support/person.ts'
import { goWithRestarts } from '../support/restart-flow.ts'
import { createInstallation } from '../support/server-process.ts'

const confidential: ClientDescription = {
  ...claudeCode,
  registration: { client_name: 'Planets', redirect_uris: ['https://client.example/callback'] },
  redirectUri: 'https://client.example/callback',
  receiver: 'client.example',
}

/** A server in this process over a file, and what ends it in order and starts it again. */
async function install(t: Test): Promise<{ issuer: string; restart: () => Promise<void> }> {
  const { issuer, env } = await createInstallation(t)
  const config = loadConfig(env)
  if (!config.ok) throw new Error(config.error.join('\n'))
  let app: FastifyInstance = await start(config.value, false)
  t.teardown(() => app.close())
  return {
    issuer,
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
