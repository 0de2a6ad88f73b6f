import t from 'tap'
import { createProviderFetch } from '#src/fetch/provider-fetch.ts'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { observeProviderFetch } from '#src/plugins/provider/observed-fetch.ts'
import { createTraced, findTracer } from '#src/tracing/tracing.ts'
import { raises } from '#test/support/processes/promtool.ts'
import { recordSpans } from '#test/support/telemetry.ts'

t.test('a provider that goes down is counted and traced by its host, and raises one alert', async (t) => {
  const spans = recordSpans(t)
  const { meter, text } = createPrometheus('1')
  let isUp = true
  const fetch = async () => (isUp ? new Response('{}') : Promise.reject(new TypeError('fetch failed')))
  const ask = observeProviderFetch({ meter, traced: createTraced(findTracer('1')!) }, createProviderFetch({ fetch }))
  const samples: string[] = []
  const use = () =>
    ask('https://login.example/token?code=secret').then(
      ({ status }) => status,
      () => 0,
    )
  for (let count = 0; count < 4; count++) {
    t.equal(await use(), 200)
    samples.push(await text())
  }
  isUp = false
  for (let count = 0; count < 30; count++) {
    t.equal(await use(), 0)
    samples.push(await text())
  }
  t.match(samples.at(-1)!, 'solar_provider_requests_total{provider="login.example",outcome="failed"} 30')
  t.match(samples.at(-1)!, 'solar_provider_requests_total{provider="login.example",outcome="ok"} 4')
  t.match(spans[0], { name: 'provider', attributes: { 'server.address': 'login.example' } })
  t.notMatch(JSON.stringify(spans), 'secret')
  raises(t, samples, ['SolarProviderDown'])
})
