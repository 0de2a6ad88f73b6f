// Traces: nothing without an SDK; with one, a span for each request and for what it waits for, in the trace of the sender.
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import t from 'tap'
import { measureStorage, traceStorage } from '#src/process/metrics/storage.ts'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { observeDriver } from '#src/storage/observed-driver.ts'
import { createStorage, openDriver } from '#src/storage/open.ts'
import { createTraced, findTracer, traceIdOf } from '#src/tracing/tracing.ts'
import { createApp } from '#test/support/app.ts'
import { createGateScene } from '#test/support/gate/gate.ts'
import { captureLog } from '#test/support/log.ts'
import { recordSpans } from '#test/support/telemetry.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const traceparent = `00-${TRACE}-${PARENT}-01`

t.test('without an SDK there is no tracer, nothing looks at the database, and the gate passes the trace of the client on', async (t) => {
  t.equal(findTracer('1'), undefined)
  t.equal(traceStorage(), undefined)
  const { send, token, upstream } = await createGateScene(t)
  await (await send(await token(), { headers: { traceparent, tracestate: 'a=1' } })).arrayBuffer()
  t.match(upstream.requests[0]!.headers, { traceparent, tracestate: 'a=1' })
})

t.test('lines of a request name its trace, and no made-up one', async (t) => {
  const log = captureLog('info')
  const { app } = await createApp(t, {}, log.logger)
  await app.inject({ url: '/nowhere', headers: { traceparent } })
  await app.inject({ url: '/nowhere' })
  t.strictSame(
    log.lines().flatMap(({ msg, traceId }) => (msg === 'request' ? [traceId] : [])),
    [TRACE, undefined],
  )
  for (const wrong of [
    '',
    'x',
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `${traceparent}-more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  ])
    t.equal(traceIdOf(wrong), undefined, wrong)
  t.equal(traceIdOf(undefined), undefined)
})

t.test('with an SDK a request and its upstream are spans in the trace of the client, and the upstream goes on with it', async (t) => {
  const spans = recordSpans(t)
  const log = captureLog('info')
  const { send, token, upstream } = await createGateScene(t, undefined, { logger: log.logger })
  const bearer = await token()
  spans.length = 0
  await (await send(bearer, { headers: { traceparent } })).arrayBuffer()
  await (await send('wrong', { headers: { traceparent } })).arrayBuffer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const [request, asked] = spans
  t.match(request, {
    kind: SpanKind.SERVER,
    traceId: TRACE,
    parentId: PARENT,
    ended: true,
    attributes: { 'http.request.method': 'POST', 'http.response.status_code': 200 },
  })
  t.match(asked, { name: 'upstream POST', kind: SpanKind.CLIENT, traceId: TRACE, parentId: request!.spanId, ended: true })
  t.equal(upstream.requests[0]!.headers['traceparent'], `00-${TRACE}-${asked!.spanId}-01`)
  t.match(spans[2], { attributes: { 'http.response.status_code': 401 }, status: { code: SpanStatusCode.UNSET } })
  t.notMatch(JSON.stringify(spans), bearer)
  t.match(
    log.lines().filter(({ msg }) => msg === 'request'),
    [{ traceId: TRACE }],
  )
})

t.test(
  'with an SDK each call of the database is a span of its request, without values, and a failure is none of its secrets',
  async (t) => {
    const spans = recordSpans(t)
    const { meter, text } = createPrometheus('1')
    const storage = createStorage(observeDriver(await openDriver('sqlite::memory:', measureStorage(meter)), traceStorage()!))
    t.teardown(() => storage.close())
    await storage.replays.use('a secret', 1)
    t.match(spans, [{ name: 'storage write', attributes: { 'db.query.text': /^insert into replays .*\$1/ }, ended: true }])
    t.notMatch(JSON.stringify(spans), 'a secret')
    t.match(await text(), 'solar_storage_duration_seconds_count{kind="write"} 1', 'and it is measured, too')
    await traceStorage()!({ kind: 'write' }, async () => undefined)
    t.strictSame(spans.at(-1)!.attributes, {})

    const traced = createTraced(findTracer('1')!)
    await t.rejects(
      traced('fetch', {}, () => Promise.reject(new Error('Bearer abcdefgh is wrong'))),
      /Bearer abcdefgh/,
    )
    t.match(spans.at(-1), { name: 'fetch', ended: true, status: { code: SpanStatusCode.ERROR, message: 'Error: [redacted] is wrong' } })
  },
)

t.test('with an SDK a request that fails is a failed span, under the route and not the address', async (t) => {
  const spans = recordSpans(t)
  const { app, storage } = await createApp(t)
  await storage.close()
  t.equal((await app.inject('/readyz')).statusCode, 503)
  await app.inject('/made-up/address')
  await new Promise(setImmediate)
  t.match(spans, [
    { name: 'GET /readyz', attributes: { 'http.route': '/readyz' }, status: { code: SpanStatusCode.ERROR }, ended: true },
    { name: 'GET', attributes: { 'http.route': undefined }, ended: true },
  ])
})

t.test('with an SDK a document of a client that is fetched is a span with its host alone', async (t) => {
  const spans = recordSpans(t)
  const { app } = await createApp(t)
  for (const id of ['https://unknown.invalid/path?secret', 'https://['])
    await app.inject({ url: `/authorize?client_id=${encodeURIComponent(id)}&response_type=code&redirect_uri=x` })
  const fetches = spans.filter(({ name }) => name === 'fetch')
  t.match(fetches, [{ attributes: { 'url.host': 'unknown.invalid' } }])
  t.notMatch(JSON.stringify(fetches), 'secret')
})
