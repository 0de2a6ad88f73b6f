// HTTP with SSE (2024-11-05): the address to post to is always one of ours, and belongs to who opened the stream.
import t from 'tap'
import { CALL, answerOk, createGateScene } from '#test/support/gate/gate.ts'

const stream = (...events: string[]) =>
  ((request, response) => {
    if (request.method === 'POST') return answerOk(request, response)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': String(Buffer.byteLength(events.join(''))) })
    response.end(events.join(''))
  }) as typeof answerOk

const addressIn = (events: string): string => /^event: endpoint\ndata: (\S+)\n/m.exec(events)![1]!

t.test('relative or absolute, the address is replaced, and leads to the same place', async (t) => {
  for (const given of ['/messages?sessionId=1', 'messages?sessionId=1', 'http://HOST/messages?sessionId=1']) {
    const scene = await createGateScene(
      t,
      (request, response) => {
        const address = given.replace('HOST', new URL(scene.upstream.url).host)
        stream(`event: endpoint\ndata: ${address}\n\n`, 'data: after\n\n')(request, response)
      },
      { path: '/sse' },
    )
    const { token, send, upstream, register } = scene
    const client = await register({ token_endpoint_auth_method: 'none' })
    const access = await token({ client })
    const events = await (await send(access, { method: 'GET' })).text()
    t.notMatch(events, 'sessionId')
    t.match(events, /data: after\n\n$/)
    const path = addressIn(events)
    t.match(path, /^\/sse\/messages\/[\w-]+\.[\w-]{43}$/)
    t.equal((await send(await token({ client }), { path, body: CALL('a') })).status, 200, 'with a refreshed token, too')
    t.equal(upstream.requests.at(-1)!.url, '/messages?sessionId=1')
    const before = upstream.requests.length
    t.equal((await send(await token(), { path })).status, 404, 'another client')
    t.equal((await send(undefined, { path })).status, 401)
    t.equal((await send(access, { path: `${path}x` })).status, 404)
    t.equal((await send(access, { path, method: 'GET' })).status, 405)
    t.equal(upstream.requests.length, before)
  }
})

t.test('a path that looks like another host is still one of the upstream', async (t) => {
  const scene = await createGateScene(t, (request, response) => {
    stream(`event: endpoint\ndata: http://${new URL(scene.upstream.url).host}//evil.example/x?y\n\n`)(request, response)
  })
  const access = await scene.token()
  const path = addressIn(await (await scene.send(access, { method: 'GET' })).text())
  t.equal((await scene.send(access, { path })).status, 200)
  t.equal(scene.upstream.requests.at(-1)!.url, '//evil.example/x?y')
})

t.test('an upstream that would lead the client elsewhere has its stream cut', async (t) => {
  for (const events of [
    'event: endpoint\ndata: http://evil.example/messages\n\n',
    'event: endpoint\ndata: //evil.example/messages\n\n',
    'event: endpoint\ndata: javascript:alert(1)\n\n',
    'event: endpoint\ndata: http://[\n\n',
    'data: http://evil.example/\nevent: endpoint\n\n',
    'event: endpoint\ndata: /messages\ndata: more\n\n',
  ]) {
    const { token, send } = await createGateScene(t, stream(events))
    const access = await token()
    await t.rejects(async () => (await send(access, { method: 'GET' })).text(), events)
  }
})
