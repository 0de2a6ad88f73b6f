// What a start says of a database that doesn't fit the settings, and that a start that fails lets go of it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { freePort } from '#src/process/free-port.ts'
import { start } from '#src/process/start.ts'
import { openStorage } from '#src/storage/open.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { captureLog } from '#test/support/log.ts'
import { addGrant, addProvider, addResource, addUser, makePasskey } from '#test/storage/conformance/records.ts'

t.test('an operator reads at each start what the database holds that asks for attention', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'server.db')
  const metricsPort = await freePort()
  const configOf = (more: Record<string, string> = {}) => {
    const config = loadConfig({ DATABASE_URL: `sqlite:${path}`, PORT: '0', METRICS_LISTEN: `localhost:${metricsPort}`, ...more })
    if (!config.ok) throw new Error(config.error.join('\n'))
    return config.value
  }
  const storage = await openStorage(`sqlite:${path}`)
  const now = Date.now()
  const user = await addUser(storage)
  await storage.factors.insertPasskey(makePasskey(user.id, { rpId: 'auth.example.com' }), 9)
  await addGrant(storage, { user, grant: { createdAt: now, expiresAt: now + 3_600_000 } })
  await addProvider(storage, { name: 'acme' })
  await addResource(storage, {
    gate: { upstream: ['true'], identity: 'none', headers: [], tools: [], process: { per: 'person', env: [] } },
  })
  await storage.close()

  const log = captureLog('info')
  const app = await start(configOf({ CLIENTS: 'approve' }), log.logger)
  t.equal((await fetch(`http://localhost:${metricsPort}/metrics`)).status, 200)
  await app.close()
  const secretFile = join(folder, 'secret')
  for (const line of [
    `${secretFile} included: `,
    'No rule says who may come in by acme: ',
    '"clients":1,"msg":"CLIENTS is approve: clients that people use are approved"',
    'Some passkeys were made for another host than that of http://localhost:',
  ])
    t.ok(log.text().includes(line), line)

  await t.rejects(start(configOf({ SECRET: 'x'.repeat(40) }), false), StorageRefused)
  t.notOk(existsSync(`${path}-wal`), 'the database is closed again')

  const second = captureLog('info')
  await (await start(configOf({ CLIENTS: 'approve', SECRET: readFileSync(secretFile, 'utf8').trim() }), second.logger)).close()
  t.match(second.text(), 'can read whatever this account can, the files of this server: ')
  t.notMatch(second.text(), 'are approved', 'which is done once')
})
