import t from 'tap'
import { loadConfig } from '#src/config/config.ts'

const read = (METRICS_LISTEN: string, PORT = '8000') => {
  const config = loadConfig({ METRICS_LISTEN, PORT })
  return config.ok ? config.value.metricsListen : config.error.join()
}

t.test('metrics are at the address that an operator names, and a port alone is on the loopback interface', async (t) => {
  t.equal(read(''), undefined)
  t.strictSame(read('9464'), { host: 'localhost', port: 9464 })
  t.strictSame(read('0.0.0.0:9464'), { host: '0.0.0.0', port: 9464 })
  t.strictSame(read('solar-1.internal:65535'), { host: 'solar-1.internal', port: 65_535 })
  t.strictSame(read('[::]:9464'), { host: '::', port: 9464 })
})

t.test('what is no address is refused with a sentence that says what it must be', async (t) => {
  for (const wrong of [
    '0',
    '65536',
    'on',
    ':9464',
    '::1:9464',
    '[1.2.3.4]:9464',
    '[::1]',
    'http://localhost:9464',
    'localhost:9464/metrics',
    'a b:9464',
  ])
    t.match(read(wrong), /^METRICS_LISTEN is ".*", but must be `PORT` or `HOST:PORT`, with an IPv6 address in brackets/, wrong)
})

t.test('metrics at the public port are refused', async (t) => {
  t.equal(read('0.0.0.0:8000'), 'METRICS_LISTEN has the port of PORT, 8000, which everybody reaches: choose another one.')
  t.strictSame(read('8000', '9000'), { host: 'localhost', port: 8000 })
})
