import t from 'tap'
import { createOutageLog } from '#src/logging/outage-log.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { createApi, credentials } from '#test/support/api.ts'
import { captureLog } from '#test/support/log.ts'
import { stub } from '#test/support/stub.ts'

t.test('an operator reads one line about an outage with its cause, however many requests it hits', async (t) => {
  const log = captureLog('info')
  const api = await createApi(t, {}, log.logger)
  const client = await api.register()
  const before = log.lines().length
  stub(api.storage.clients, { find: () => Promise.reject(new StorageUnavailable('SQLite: database or disk is full')) })
  for (let i = 0; i < 100; i++) t.equal((await api.post('/token', credentials(client))).statusCode, 503)
  const lines = log.lines().slice(before)
  t.equal(lines.length, 1)
  t.match(lines, [
    {
      level: 50,
      reqId: String,
      msg: 'the server cannot answer now: try again in a few seconds',
      err: { message: 'SQLite: database or disk is full' },
    },
  ])
})

t.test('an operator reads every few seconds how many more there were, until there are none', async (t) => {
  const lines: unknown[] = []
  const log = { error: (...line: unknown[]) => void lines.push(line) }
  const note = createOutageLog(log, 20)
  const outage = () => note(log, () => ({ err: 'full' }), 'can not answer')
  for (let i = 0; i < 5; i++) outage()
  note(log, () => ({}), 'busy')
  t.strictSame(lines, [
    [{ err: 'full' }, 'can not answer'],
    [{}, 'busy'],
  ])
  while (lines.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  t.strictSame(lines[2], [{ requests: 4 }, 'can not answer'])
  outage()
  t.strictSame(lines[3], [{ err: 'full' }, 'can not answer'], 'a later one is logged in full again')
})
