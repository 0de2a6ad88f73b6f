import { Counter, Histogram, Registry } from 'prom-client'
import t from 'tap'
import { createPrometheus, together } from '#src/metrics/prometheus.ts'
import { MOST_VALUES } from '#src/metrics/meter.ts'

/** The lines of one metric, without what is said about it. */
const linesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name))

t.test('what is counted and timed is shown as the library itself shows it', async (t) => {
  const { meter, text, snapshot } = createPrometheus('1')
  const registers = [new Registry()]
  const requests = new Counter({ name: 'solar_http_requests_total', help: 'x', labelNames: ['route', 'method', 'status'], registers })
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  const times = new Histogram({ name: 'solar_storage_duration_seconds', help: 'x', labelNames: ['kind'], buckets, registers })

  for (const [route, method, status] of [
    ['/token', 'POST', '200'],
    ['/token', 'POST', '400'],
    ['/token', 'GET', '200'],
    ['/"quoted"\\', 'GET', '200'],
    ['/token', 'POST', '200'],
  ] as const) {
    meter.count('requests', { route, method, status })
    requests.inc({ route, method, status })
  }
  for (const kind of ['read', 'write'])
    for (const seconds of [0, 0.001, 0.0011, 0.3, 10, 11, 7.25]) {
      meter.time('storage', { kind }, seconds)
      times.observe({ kind }, seconds)
    }
  const [again, timedAgain] = [
    meter.counter('requests', { route: '/token', method: 'POST', status: '200' }),
    meter.timer('storage', { kind: 'read' }),
  ]
  again(2)
  requests.inc({ route: '/token', method: 'POST', status: '200' }, 2)
  timedAgain(0.02)
  times.observe({ kind: 'read' }, 0.02)
  const expected = await registers[0]!.metrics()
  const shown = await text()
  for (const name of ['solar_http_requests_total', 'solar_storage_duration_seconds'])
    t.strictSame(linesOf(shown, name), linesOf(expected, name))
  t.match(shown, '# TYPE solar_http_requests_total counter\n')
  t.match(shown, '# TYPE solar_storage_duration_seconds histogram\n')
  const twice = await together([await snapshot(), await snapshot()]).text()
  t.match(twice, 'solar_storage_duration_seconds_bucket{le="0.001",kind="read"} 4\n')
  t.match(twice, 'solar_storage_duration_seconds_bucket{le="+Inf",kind="read"} 16\n')
})

t.test('a series begins at 0 where a first failure would not be seen otherwise, and counts in steps', async (t) => {
  const { meter, text } = createPrometheus('1')
  const before = await text()
  for (const line of [
    'solar_sweeper_failures_total 0',
    'solar_sweeper_removed_total 0',
    'solar_storage_failures_total{reason="disk"} 0',
    'solar_events_total{event="login.failed"} 0',
  ])
    t.match(before, `\n${line}\n`)
  t.strictSame(linesOf(before, 'solar_http_requests_total'), [])
  meter.count('swept', {}, 40)
  meter.count('swept', {}, 2)
  meter.count('upstreamFailures', { resource: 'a' }, 0)
  const after = await text()
  t.match(after, '\nsolar_sweeper_removed_total 42\n')
  t.match(after, '\nsolar_gate_upstream_failures_total{resource="a"} 0\n')
})

t.test('labels that an operator chooses fill no memory: beyond the bound they are counted as one', async (t) => {
  const { meter, text } = createPrometheus('1')
  for (let number = 0; number < MOST_VALUES + 5; number++)
    for (let again = 0; again < 2; again++) meter.count('gate', { resource: `r${number}`, outcome: 'passed' })
  meter.time('upstream', { resource: 'new' }, 1)
  const shown = await text()
  t.equal(linesOf(shown, 'solar_gate_requests_total').length, MOST_VALUES + 1)
  t.match(shown, 'solar_gate_requests_total{resource="r99",outcome="passed"} 2')
  t.match(shown, 'solar_gate_requests_total{resource="others",outcome="passed"} 10')
  t.match(shown, 'solar_gate_upstream_duration_seconds_count{resource="others"} 1')
})
