// Where metrics are offered, and where audit events go.
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'

const read = (variables: Record<string, string>) => loadConfig({ DATABASE_URL: 'sqlite::memory:', ...variables })
const SECRET = 'x'.repeat(32)

t.test('metrics are offered on the loopback interface, or where an operator says', async (t) => {
  for (const [raw, host, port] of [
    ['9464', 'localhost', 9464],
    ['0.0.0.0:9464', '0.0.0.0', 9464],
    ['metrics.internal:1', 'metrics.internal', 1],
    ['[::1]:65535', '::1', 65_535],
  ] as const) {
    const config = read({ METRICS_LISTEN: raw })
    t.match(config.ok && config.value.metricsListen, { host, port }, raw)
  }
  for (const raw of ['0', '65536', '123456', 'localhost', ':9464', '[::1', '[1:2]:9464', '::1:9464', 'a b:1']) {
    const config = read({ METRICS_LISTEN: raw })
    t.match(!config.ok && config.error.join(), /METRICS_LISTEN is .* must be `PORT` or `HOST:PORT`/, raw)
  }
})

t.test('audit events go to an address of the web, without a password in it', async (t) => {
  for (const url of ['https://siem.example.com/solar', 'http://localhost:9000/']) {
    const config = read({ AUDIT_WEBHOOK: url, AUDIT_WEBHOOK_SECRET: SECRET })
    t.equal(config.ok && config.value.auditWebhook, url)
  }
  for (const url of ['siem', 'ftp://siem.example.com/', 'https://user@siem.example.com/', 'https://:word@siem.example.com/']) {
    const config = read({ AUDIT_WEBHOOK: url, AUDIT_WEBHOOK_SECRET: SECRET })
    t.match(!config.ok && config.error.join(), /AUDIT_WEBHOOK .*must be an http or https URL/, url)
  }
})
