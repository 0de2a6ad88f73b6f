import t from 'tap'
import { follow } from '#src/doctor/probe/follow.ts'
import { MAX_BODY_BYTES, buildSend } from '#src/doctor/probe/http.ts'
import { breaking, startFixture } from '#test/doctor/fixture-server.ts'

t.test('an endless body is read to the limit and no further', async (t) => {
  let pulled = 0
  let cancelled = false
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1
      controller.enqueue(new Uint8Array(64 * 1024).fill(120))
    },
    cancel() {
      cancelled = true
    },
  })
  const sent = await buildSend(async () => new Response(endless), 1000)({ url: 'http://x.example/' })
  if (!sent.ok) return t.fail('an answer was expected')
  t.equal(sent.reply.body.length, MAX_BODY_BYTES)
  t.equal(sent.reply.truncated, true)
  t.equal(cancelled, true)
  t.ok(pulled < 10)
})

t.test('a body of exactly the limit is whole', async (t) => {
  const sent = await buildSend(async () => new Response('x'.repeat(MAX_BODY_BYTES)), 1000)({ url: 'http://x.example/' })
  t.match(sent, { ok: true, reply: { truncated: false } })
})

t.test('a body that stalls is given up', async (t) => {
  const stalls: typeof fetch = async (_, init) =>
    new Response(
      new ReadableStream({ start: (controller) => init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason)) }),
    )
  const keepAlive = setTimeout(() => t.fail('too late'), 5000)
  const sent = await buildSend(stalls, 20)({ url: 'http://x.example/' })
  clearTimeout(keepAlive)
  t.match(sent, { ok: false, noReply: { sentence: 'x.example did not answer completely within 0.02 s.' } })
})

t.test('a redirect is not followed to a scheme other than http(s)', async (t) => {
  const { issuer, asked } = await startFixture(
    t,
    breaking('nowhere', () => ({ status: 302, headers: { location: 'cursor://callback' }, body: '' })),
  )
  const sent = await follow(buildSend(fetch, 5000), { url: `${issuer}/x` }, () => true)
  t.match(sent, { ok: true, reply: { status: 302 } })
  t.equal(asked.length, 1)
})

t.test('a circle of redirects is left after five', async (t) => {
  const { issuer, asked } = await startFixture(
    t,
    breaking('nowhere', () => ({ status: 302, headers: { location: '/x' }, body: '' })),
  )
  const sent = await follow(buildSend(fetch, 5000), { url: `${issuer}/x` }, () => true)
  t.match(sent, { ok: true, reply: { status: 302 } })
  t.equal(asked.length, 6)
})

t.test('cookies come back to their origin and never reach another', async (t) => {
  const other = await startFixture(
    t,
    breaking('nowhere', (answer) => answer),
  )
  const { issuer, asked } = await startFixture(
    t,
    breaking('nowhere', (_, { url }) => ({
      status: 302,
      headers: {
        location: url.pathname === '/1' ? '/2' : `${other.issuer}/3`,
        'set-cookie': url.pathname === '/1' ? 'a=b=c; Secure' : '; nonsense',
      },
      body: '',
    })),
  )
  await follow(buildSend(fetch, 5000), { url: `${issuer}/1` }, () => true)
  t.strictSame(
    asked.map(([, { headers }]) => headers.cookie),
    [undefined, 'a=b=c'],
  )
  t.strictSame(
    other.asked.map(([, { headers }]) => headers.cookie),
    [undefined],
  )
})
