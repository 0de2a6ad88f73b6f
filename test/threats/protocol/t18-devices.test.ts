// threat-model.md T18: devices that ask for a code store little, for a short time.
import t from 'tap'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { isOAuthError } from '#test/support/api.ts'
import { statement } from '#src/storage/driver.ts'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { join } from 'node:path'

const many = (length: number, size: number) => Array.from({ length }, (_, index) => `https://a.example/${index}${'x'.repeat(size)}`)

t.test('T18: a device request is short as a whole, and names few resources', async (t) => {
  const { send } = await createDeviceConversation(t)
  const ask = (form: Record<string, string | string[]>) => send('/device_authorization', form)
  isOAuthError(t, await ask({ resource: many(2, 1100) }), 413, 'invalid_request', 'the request is longer than 2048 characters')
  isOAuthError(t, await ask({ scope: 'x'.repeat(2043) }), 413, 'invalid_request', 'the request is longer than 2048 characters')
  isOAuthError(t, await ask({ scope: 'a '.repeat(700), resource: many(1, 1000) }), 413, 'invalid_request')
  isOAuthError(t, await ask({ resource: many(9, 1) }), 400, 'invalid_request', 'resource has too many entries')
  t.equal((await ask({ scope: 'openid offline_access', resource: many(8, 100), unknown: 'x'.repeat(9000) })).statusCode, 200)
})

t.test('T18: so many devices of one network wait, and others are not held up', async (t) => {
  const { app, client, clock, decide, post, ask } = await createDeviceConversation(t, { env: { TRUST_PROXY: '1' } })
  const askFrom = (address: string) => post('/device_authorization', { client_id: client.client_id }, { 'x-forwarded-for': address })
  const mine = await ask()
  for (let i = 0; i < 200; i++) t.equal((await askFrom(`[2001:db8:7:${i}::1]:${5000 + i}`)).statusCode, 200)
  const full = await askFrom('2001:db8:7:ffff::1')
  isOAuthError(t, full, 429, 'temporarily_unavailable', 'too many devices wait for a user: try again in a minute')
  t.equal(full.headers['retry-after'], '60')
  t.equal((await askFrom('2001:db8:8::1')).statusCode, 200)
  t.match((await decide('allow', mine.user_code)).html, /connected/)
  clock.now += 600_000
  t.equal((await askFrom('2001:db8:7:ffff::1')).statusCode, 200, 'when their codes have expired')
  await app.close()
})

t.test('T18: of a device that expired only enough is kept to say so, for a day', async (t) => {
  const path = join(t.testdir(), 'devices.db')
  const { app, ask, clock, outcome, storage, config } = await createDeviceConversation(t, { env: { DATABASE_URL: `sqlite:${path}` } })
  const asked = await ask({ scope: 'openid', resource: many(3, 400) })
  clock.now += 600_000
  await storage.sweep(clock.now, 50, config)
  t.match(await outcome(asked), { error: 'expired_token' })
  await app.close()
  const driver = await openSqlite(path)
  t.teardown(() => driver.close())
  const [row] = await driver.read(statement('select * from device_authorizations'), [])
  t.ok(JSON.stringify(row).length < 400, 'a tombstone')
  t.notMatch(JSON.stringify(row), /a\.example|127\.0\.0\.1/)
})
