import t from 'tap'
import { createLabelBound, SILENT } from '#src/metrics/meter.ts'
import { createPrometheus, lasting, together } from '#src/metrics/prometheus.ts'

t.test('resources beyond the bound are shown as one, and what was known stays apart', async (t) => {
  const bound = createLabelBound(2)
  for (const resource of ['a', 'b']) t.equal(bound({ resource, outcome: 'passed' }).resource, resource)
  t.strictSame(bound({ resource: 'c', outcome: 'passed' }), { resource: 'others', outcome: 'passed' })
  t.equal(bound({ resource: 'a' }).resource, 'a')
  t.equal(bound({ provider: 'a' }).provider, 'a', 'each label has its own')
  t.strictSame(bound({ route: '/token' }), { route: '/token' })
})

t.test('a server that nobody asks for metrics keeps none', async (t) => {
  SILENT.count('sweepFailures', {})
  SILENT.time('storage', { kind: 'read' }, 1)
  SILENT.watch('waiting', () => {
    throw new Error('nobody reads it')
  })
  t.notOk(SILENT.isOn)
})

t.test('the counts of several processes are one sum, of which those of ended ones stay, without what was only true then', async (t) => {
  const one = createPrometheus('1')
  const two = createPrometheus('1')
  for (const { meter } of [one, two, two]) {
    meter.count('shed', { reason: 'full' })
    meter.time('storage', { kind: 'read' }, 0.002)
    meter.watch('waiting', () => [{ labels: {}, value: 5 }])
    meter.watch('swept', () => [{ labels: {}, value: meter === one.meter ? 3 : 4 }])
  }
  const all = await together([await one.snapshot(), await two.snapshot()]).text()
  for (const line of [
    'solar_shed_total{reason="full"} 3',
    'solar_shed_total{reason="queue"} 0',
    'solar_storage_duration_seconds_count{kind="read"} 3',
  ])
    t.match(all, line)
  t.match(all, '\nsolar_storage_waiting 10\n')
  t.match(all, '\nsolar_sweeper_last_success_timestamp_seconds 4\n', 'the newest of all')
  t.match(all, '\nsolar_build_info{version="1"} 1\n')
  const rest = await together([await one.snapshot(), lasting(await two.snapshot())]).text()
  t.match(rest, 'solar_shed_total{reason="full"} 3')
  t.match(rest, '\nsolar_storage_waiting 5\n')
})
