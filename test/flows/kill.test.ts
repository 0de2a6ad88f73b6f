/** What a client was told is true even if the server is killed right after: a real process, and SIGKILL. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { discover, register } from '#test/support/clients/client-flow.ts'
import { chatGpt, claudeCode } from '#test/support/clients/clients.ts'
import { goWithRestarts } from '#test/support/clients/restart-flow.ts'
import { createInstallation, startServer } from '#test/support/processes/server-process.ts'

t.test('a client goes its whole way with the server killed after each step', async (t) => {
  const installation = await createInstallation(t)
  let server = await startServer(t, installation)
  await goWithRestarts(t, installation.issuer, chatGpt[0]!, async () => {
    t.equal((await server.end('SIGKILL')).signal, 'SIGKILL')
    server = await startServer(t, installation)
  })
  t.equal(statSync(join(installation.folder, 'secret')).mode & 0o777, 0o600)
  t.strictSame(await server.end('SIGTERM'), { code: 0, signal: null }, 'told to stop, it stops in order')
})

t.test('a client that was told 201 is known after a kill, even in the middle of a crowd', async (t) => {
  const installation = await createInstallation(t)
  const server = await startServer(t, installation)
  const metadata = await discover(installation.issuer, claudeCode)
  const registered: string[] = []
  const crowd = Array.from({ length: 100 }, async () => {
    const response = await register(metadata, claudeCode)
    const { client_id: id } = (await response.json()) as { client_id: string }
    registered.push(id)
    if (registered.length === 20) await server.end('SIGKILL')
  })
  await Promise.allSettled(crowd)
  t.ok(registered.length >= 20, `${registered.length} of 100 were told that they are registered`)
  await startServer(t, installation)
  for (const id of registered) {
    const body = new URLSearchParams({ client_id: id, grant_type: 'refresh_token', refresh_token: 'unknown' })
    const response = await fetch(metadata['token_endpoint']!, { method: 'POST', body })
    t.match(await response.json(), { error: 'invalid_grant' }, 'the client is known, only its token is not')
  }
})
