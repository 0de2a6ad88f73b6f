import t from 'tap'
import { resolvePort } from '#src/process/free-port.ts'
import { testConfig } from '#test/support/app.ts'

t.test('a configured port stays', async (t) => {
  const config = testConfig({ PORT: '8123' })
  t.equal(await resolvePort(config), config)
})

t.test('port 0 becomes a free one, and the default issuer names it, with a warning', async (t) => {
  const { port, issuer, warnings } = await resolvePort(testConfig({ PORT: '0' }))
  t.ok(port > 1023)
  t.equal(issuer, `http://localhost:${port}`)
  t.match(warnings.at(-1), /^PORT is 0, so every start has another issuer/)
})

t.test('port 0 does not change an issuer that was set', async (t) => {
  const { port, issuer, warnings } = await resolvePort(testConfig({ PORT: '0', ISSUER: 'http://localhost:9000/auth' }))
  t.ok(port > 1023)
  t.equal(issuer, 'http://localhost:9000/auth')
  t.notMatch(warnings.join(), /PORT is 0/)
})

t.test('port 0 at a host of another machine fails as listening would', async (t) => {
  await t.rejects(resolvePort({ ...testConfig({ PORT: '0' }), host: '192.0.2.1' }), { code: 'EADDRNOTAVAIL', syscall: 'listen' })
})
