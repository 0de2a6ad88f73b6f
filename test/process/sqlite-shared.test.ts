// The server shares its SQLite file: another program holds the lock for too long, and the command line works beside it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { BUSY_LIMIT_MS } from '#src/storage/sqlite/sqlite-database.ts'
import { ISSUER, SECRET, createApp, injectFetch } from '#test/support/app.ts'
import { HTTPS, authorizeUrl, registerClient } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { spawnNode } from '#test/support/processes/processes.ts'

t.test('while another process holds the write lock for too long, a client is asked in time to come back, and reads go on', async (t) => {
  const path = join(t.testdir(), 'shared.db')
  const { app } = await createApp(t, { DATABASE_URL: `sqlite:${path}` })
  const register = () => app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [HTTPS] } })
  const client = (await register()).json<{ client_id: string; client_secret: string }>()

  const holder = fork(fileURLToPath(new URL('../support/processes/lock-holder.ts', import.meta.url)), [path])
  const ended = once(holder, 'exit')
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder, 'message')
  const begun = performance.now()
  const waiting = Promise.all([register(), register()])
  const known = { ...client, grant_type: 'refresh_token', refresh_token: 'unknown' }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const read = await app.inject({ method: 'POST', url: '/token', headers, payload: new URLSearchParams(known).toString() })
  t.match(read.json(), { error: 'invalid_grant' }, 'what only reads is answered')
  t.ok(performance.now() - begun < BUSY_LIMIT_MS, 'at once')
  for (const response of await waiting) {
    t.equal(response.statusCode, 503)
    t.match(response.headers, { 'retry-after': /^\d+$/, 'content-type': /^application\/json/ })
    t.match(response.json(), { error: 'temporarily_unavailable' })
  }
  t.ok(performance.now() - begun < 3 * BUSY_LIMIT_MS, `after ${Math.round(performance.now() - begun)} ms`)
  holder.send('release')
  await ended
  t.equal((await register()).statusCode, 201, 'and then it goes on')
})

t.test('an operator adds a user by the command line while the server runs, and the user logs in at once', async (t) => {
  const folder = t.testdir()
  const DATABASE_URL = `sqlite:${join(folder, 'served.db')}`
  const { app } = await createApp(t, { DATABASE_URL, RATE_LIMIT_REGISTER: 'off' })
  const send = injectFetch(app)
  const adding = spawnNode(t, 'src/cli.ts', ['user', 'add', 'helen', '--password-stdin'], {
    cwd: folder,
    env: { DATABASE_URL, SECRET },
    input: 'geheim und lang\n',
  })
  let over = false
  void adding.ended.then(() => (over = true))
  let registered = 0
  for (; !over; registered++) await registerClient(send, ISSUER)
  t.match(await adding.ended, { code: 0, stdout: /helen can log in now/, stderr: '' })
  t.ok(registered > 10, `${registered} clients registered meanwhile`)
  const away = await createPerson(ISSUER, send).authorize(authorizeUrl(ISSUER, await registerClient(send, ISSUER)), {
    username: 'helen',
    password: 'geheim und lang',
  })
  t.ok(away.searchParams.get('code'))
})
