import t from 'tap'
import { createApi } from '#test/support/api.ts'

t.test('limits that are off count nothing', async (t) => {
  const { post, register } = await createApi(t, { RATE_LIMIT_TOKEN: 'off', RATE_LIMIT_REGISTER: 'off' })
  for (let i = 0; i < 200; i++) await register()
  t.equal((await post('/token', {})).statusCode, 401)
})

t.test('addresses of one IPv6 network share a count, others do not', async (t) => {
  const { app } = await createApi(t, { RATE_LIMIT_TOKEN: '1/1m' })
  const from = async (remoteAddress: string) => (await app.inject({ method: 'POST', url: '/token', remoteAddress })).statusCode
  t.equal(await from('2001:db8:1:2::1'), 401)
  t.equal(await from('2001:db8:1:2:ffff::9'), 429)
  t.equal(await from('2001:db8:1:3::1'), 401)
  t.equal(await from('192.0.2.1'), 401)
  t.equal(await from('::ffff:192.0.2.1'), 429)
  t.equal(await from('192.0.2.2'), 401)
})
