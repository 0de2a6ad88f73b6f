import t from 'tap'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { REDIRECT_URI, createApi, credentials } from '#test/support/api.ts'
import { createApp } from '#test/support/app.ts'
import { makeClient } from '#test/storage/conformance/records.ts'
import { createGateScene } from '#test/support/gate/gate.ts'

t.test('an operator sees requests by route, method and status, whatever addresses and methods strangers make up', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app } = await createApp(t, {}, undefined, { meter })
  for (const url of ['/jwks', '/jwks?a=1', '/made-up/1', '/made-up/2', '/authorize', '//']) await app.inject(url)
  await app.inject({ method: 'OPTIONS', url: '/token', headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' } })
  await app.inject({ method: 'PROPFIND' as 'GET', url: '/token' })
  const shown = await text()
  t.match(shown, 'solar_http_requests_total{route="/jwks",method="GET",status="200"} 2')
  t.match(shown, /solar_http_requests_total\{route="none",method="GET",status="404"\} [23]\n/)
  t.match(shown, 'solar_http_requests_total{route="/authorize",method="GET",status="400"} 1')
  t.match(shown, 'solar_refusals_total{route="/authorize",error="invalid_request"} 1')
  t.match(shown, 'solar_http_request_duration_seconds_count{route="/jwks"} 2')
  t.notMatch(shown, 'made-up')
  t.notMatch(shown, 'PROPFIND')
})

t.test('an operator sees token requests by grant and outcome, and neither people nor clients', async (t) => {
  const { meter, text } = createPrometheus('1')
  const api = await createApi(t, {}, undefined, { meter })
  const client = await api.register()
  await api.tokens(client)
  const code = await api.code(client)
  for (const status of [200, 400]) {
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...credentials(client) }
    t.equal((await api.post('/token', form)).statusCode, status)
  }
  await api.post('/token', {
    grant_type: 'refresh_token',
    refresh_token: 'x',
    client_id: client.client_id,
    client_secret: client.client_secret!,
  })
  await api.post('/token', { grant_type: 'made_up', client_id: client.client_id, client_secret: client.client_secret! })
  await api.app.inject({ method: 'POST', url: '/token', payload: 'x', headers: { 'content-type': 'text/plain' } })
  const shown = await text()
  t.match(shown, 'solar_token_requests_total{grant_type="authorization_code",outcome="issued"} 2')
  t.match(shown, 'solar_events_total{event="grant.issued"} 2', 'what a used code would have begun does not count')
  t.match(shown, 'solar_token_requests_total{grant_type="refresh_token",outcome="invalid_grant"} 1')
  t.match(shown, 'solar_token_requests_total{grant_type="other",outcome="unsupported_grant_type"} 1')
  t.match(shown, 'solar_events_total{event="client.registered"} 1')
  t.notMatch(shown, client.client_id)
  t.notMatch(shown, 'admin')
})

t.test('an operator sees keys, clients, connections and limits, also while the database is away', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app, clock, storage } = await createApp(t, { MAX_CLIENTS: '7', KEY_ROTATION_INTERVAL: 'off' }, undefined, { meter })
  await storage.clients.insert(makeClient())
  clock.now += 90_000
  await text()
  await new Promise(setImmediate)
  let shown = await text()
  t.match(shown, /solar_signing_key_age_seconds\{alg="ES256"\} (89|90|91)/)
  t.match(shown, '\nsolar_signing_key_rotation_interval_seconds 0\n')
  t.match(shown, '\nsolar_clients_limit 7\n')
  t.match(shown, '\nsolar_clients 1\n')
  t.match(shown, 'solar_storage_connections{state="idle"} 1')
  t.match(shown, 'solar_storage_connections{state="busy"} 0')
  t.match(shown, '\nsolar_storage_waiting 0\n')
  t.match(shown, '\nsolar_requests_under_way 0\n')

  storage.clients.count = () => Promise.reject(new StorageUnavailable('away'))
  clock.now += 60_000
  await text()
  await new Promise(setImmediate)
  shown = await text()
  t.match(shown, '\nsolar_clients 1\n', 'what it was')
  t.equal((await app.inject('/jwks')).statusCode, 200)
})

t.test('a limit that is off is shown as 0', async (t) => {
  const { meter, text } = createPrometheus('1')
  await createApp(t, { MAX_CLIENTS: 'off' }, undefined, { meter })
  t.match(await text(), '\nsolar_clients_limit 0\n')
})

t.test('an operator sees what passes the gate, what it refuses, and what is open, for each resource', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { address, send, token } = await createGateScene(t, undefined, { meter })
  await (await send(undefined)).arrayBuffer()
  await (await send(await token())).arrayBuffer()
  const shown = await text()
  t.match(shown, `solar_gate_requests_total{resource="${address}",outcome="401"} 1`)
  t.match(shown, `solar_gate_requests_total{resource="${address}",outcome="passed"} 1`)
  t.match(shown, `solar_gate_upstream_duration_seconds_count{resource="${address}"} 1`)
  t.match(shown, `solar_gate_upstream_failures_total{resource="${address}"} 0`)
  t.match(shown, 'solar_gate_open{kind="listening"} 0')
  t.match(shown, 'solar_http_requests_total{route="gate",method="POST",status="401"} 1')
  t.notMatch(shown, 'solar_http_request_duration_seconds_count{route="gate"}')
})
