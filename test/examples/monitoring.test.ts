// The alert rules are right, know only metrics that there are, and each fires in its fault alone. The faults that need a process are in test/faults.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COUNTERS, GAUGES, TIMES } from '#src/metrics/catalog.ts'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { createApp } from '#test/support/app.ts'
import { createGateScene } from '#test/support/gate.ts'
import { ROOT } from '#test/support/processes.ts'
import { RULES, raises, withoutPromtool } from '#test/support/promtool.ts'

const folder = join(ROOT, 'examples/monitoring')
const read = (path: string): string => readFileSync(path, 'utf8')
const DAY_MS = 86_400_000

t.test('Prometheus accepts its configuration and the rules', { skip: withoutPromtool }, async (t) => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: folder, encoding: 'utf8' })
  t.equal(status, 0, stdout + stderr)
})

t.test('rules and documents name only metrics that there are, and the documents name all of them', async (t) => {
  const names = Object.values({ ...COUNTERS, ...Object.fromEntries(Object.entries({ ...GAUGES }).map(([k, v]) => [`g ${k}`, v])) }).map(
    ({ name }) => name,
  )
  const all = new Set([...names, ...Object.values(TIMES).map(({ name }) => name), 'solar_build_info'])
  for (const path of [RULES, join(ROOT, 'docs/observability.md')]) {
    const named = new Set([...read(path).matchAll(/\bsolar_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')))
    for (const name of named) t.ok(all.has(name), `${path} names ${name}`)
    if (path.endsWith('.md')) for (const name of all) t.ok(named.has(name), `${name} is explained`)
  }
  const alerts = [...read(RULES).matchAll(/alert: (\w+)/g)].map(([, name]) => name!)
  for (const alert of alerts) t.match(read(join(ROOT, 'docs/observability.md')), alert, 'and every alert')
})

t.test('keys that nobody replaced for a day too long raise one alert, and those that are replaced none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app, clock } = await createApp(t, { KEY_ROTATION_INTERVAL: '1d' }, undefined, { meter })
  const samples: string[] = []
  const look = async (days: number) => {
    for (let count = 0; count < 8; count++) {
      clock.now += (days * DAY_MS) / 8
      samples.push(await text())
    }
  }
  await look(0.9)
  await app.keyset.rotateDue(clock.now)
  await look(0.9)
  raises(t, samples, [])
  await look(1.5)
  raises(t, samples, ['SolarKeysNotRotating'])
})

t.test('an MCP server that is gone raises one alert', async (t) => {
  const { meter, text } = createPrometheus('1')
  let isUp = true
  const scene = await createGateScene(
    t,
    ({ socket }, response) => void (isUp ? response.writeHead(200, { 'content-type': 'application/json' }).end('{}') : socket.destroy()),
    { meter },
  )
  const token = await scene.token()
  const samples: string[] = []
  const call = async () => {
    await (await scene.send(token)).arrayBuffer()
    samples.push(await text())
  }
  for (let count = 0; count < 4; count++) await call()
  raises(t, samples, [])
  isUp = false
  for (let count = 0; count < 30; count++) await call()
  raises(t, samples, ['SolarUpstreamDown'])
})

t.test('a provider that does not answer raises one alert, and one that sometimes answers none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const samples: string[] = []
  const ask = async (outcome: string) => {
    for (const each of ['ok', 'failed']) meter.count('providers', { provider: 'work', outcome: each }, each === outcome ? 1 : 0)
    samples.push(await text())
  }
  for (let count = 0; count < 6; count++) await ask(count === 3 ? 'failed' : 'ok')
  raises(t, samples, [])
  for (let count = 0; count < 30; count++) await ask('failed')
  raises(t, samples, ['SolarProviderDown'])
})
