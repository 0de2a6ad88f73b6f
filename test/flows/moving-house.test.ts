// A client and its person notice nothing when the installation moves to the other engine, or comes back from a backup.
import type { FastifyInstance } from 'fastify'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { start } from '#src/process/start.ts'
import { openTerminal } from '#test/cli/terminal/terminal.ts'
import { accept, attempt, connect, refresh, setUp, tokensOf } from '#test/support/clients/client-flow.ts'
import type { Device, Tokens } from '#test/support/clients/client-flow.ts'
import { claudeCode } from '#test/support/clients/clients.ts'
import type { ClientDescription } from '#test/support/clients/clients.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Person } from '#test/support/people/person.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { createInstallation } from '#test/support/processes/server-process.ts'

const confidential: ClientDescription = {
  ...claudeCode,
  registration: { client_name: 'Planets', redirect_uris: ['https://client.example/callback'] },
  redirectUri: 'https://client.example/callback',
  receiver: 'client.example',
}

/** A client in the middle of its life. */
interface Life {
  readonly device: Device
  readonly person: Person
  tokens: Tokens
}

async function begin(t: Test, issuer: string, description: ClientDescription): Promise<Life> {
  const device = await setUp(t, issuer, description)
  const person = createPerson(issuer)
  return { device, person, tokens: await connect(t, issuer, device, person) }
}

/** What the client and the person do after the move, as if nothing had happened. */
async function goOn(t: Test, issuer: string, life: Life): Promise<void> {
  const { device, person, tokens } = life
  const userInfo = (token: string) => fetch(device.metadata['userinfo_endpoint']!, { headers: { authorization: `Bearer ${token}` } })
  await accept(issuer, device, tokens.access_token)
  t.equal((await userInfo(tokens.access_token)).status, 200, 'the earlier access token is verified, and its grant is there')
  life.tokens = await tokensOf(t, await refresh(device, tokens.refresh_token))
  await accept(issuer, device, life.tokens.access_token)
  t.equal((await userInfo(life.tokens.access_token)).status, 200)
  const { page } = await person.open(attempt(device).url)
  t.notMatch(page?.html ?? '', 'type="password"', 'the person is still logged in')
}

/** A server in this process, which can be started on one database after the other. */
async function install(t: Test, more: Record<string, string> = {}) {
  const { issuer, env, folder } = await createInstallation(t, more)
  let app: FastifyInstance | undefined
  t.teardown(() => app?.close())
  const stop = async () => app?.close()
  const serve = async (databaseUrl: string) => {
    const config = loadConfig({ ...env, DATABASE_URL: databaseUrl })
    if (!config.ok) throw new Error(config.error.join('\n'))
    app = await start(config.value, false)
  }
  const commands = (databaseUrl: string) => openTerminal(t, { ...env, DATABASE_URL: databaseUrl })
  return { issuer, url: env['DATABASE_URL']!, path: (name: string) => join(folder, name), serve, stop, commands }
}

await withPostgres(t, async (t, server) => {
  t.test('SQLite to PostgreSQL and back: nobody registers again, and no token dies', async (t) => {
    const { issuer, url, path, serve, stop, commands } = await install(t, { SECRET: 'a secret of tests, longer than 32 characters' })
    await serve(url)
    const lives = [await begin(t, issuer, claudeCode), await begin(t, issuer, confidential)]
    const move = async (from: string, to: string, file: string) => {
      await stop()
      t.match(await commands(from).pipe(`export ${file}`), { code: 0, output: '' })
      t.match(await commands(to).pipe(`import ${file}`), { code: 0, output: /^\d+ records are imported\.\n$/, errors: /clients: 2\n/ })
      await serve(to)
      for (const life of lives) await goOn(t, issuer, life)
    }
    const postgres = await server.createDatabase()
    await move(url, postgres, path('there.jsonl'))
    await move(postgres, `sqlite:${path('again.db')}`, path('back.jsonl'))
  })
})

t.test('a backup of a running server, put back after it was stopped, serves as at that time', async (t) => {
  const { issuer, url, path, serve, stop, commands } = await install(t)
  const { pipe } = commands(url)
  await serve(url)
  const life = await begin(t, issuer, confidential)
  t.match(await pipe(`backup ${path('backup.db')}`), { code: 0, errors: '' })
  const later = await begin(t, issuer, claudeCode)

  t.match(await pipe(`restore ${path('backup.db')}`), { code: 1, errors: /solar\.db is in use: stop the server, then restore again\.\n$/ })
  await goOn(t, issuer, later)
  await stop()
  t.match(await pipe(`restore ${path('backup.db')}`), { code: 0, errors: '' })

  await serve(url)
  await goOn(t, issuer, life)
  t.equal((await refresh(later.device, later.tokens.refresh_token)).status, 401, 'who came later registers anew')
})
