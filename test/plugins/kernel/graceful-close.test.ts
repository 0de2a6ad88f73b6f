import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import gracefulClose from '#src/plugins/kernel/http/graceful-close.ts'
import type { GracefulCloseOptions } from '#src/plugins/kernel/http/graceful-close.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

/** An app whose `/slow` answers when the test says so, and whose storage notes when it is closed. */
async function build(t: Teardown, options: GracefulCloseOptions = {}) {
  const log: string[] = []
  const order: string[] = []
  const app = Fastify({
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    logger: { level: 'warn', stream: { write: (line: string) => void log.push(line) } },
  })
  let finish = (): void => {}
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  await app.register(fp(async (app) => void app.addHook('onClose', async () => void order.push('storage closed')), { name: 'storage' }))
  await app.register(gracefulClose, options)
  app.get('/slow', async () => {
    begin()
    await new Promise<void>((resolve) => (finish = resolve))
    order.push('answered')
    return 'done'
  })
  t.teardown(() => app.close())
  return { app, log, order, begun, finish: () => finish() }
}

async function ask(port: number, request: string): Promise<{ received: Promise<string> }> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  await once(socket, 'connect')
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => void (received += chunk))
  socket.write(request)
  return { received: once(socket, 'close').then(() => received) }
}

t.test('the storage closes after the last request under way, whichever server took it', async (t) => {
  const { app, order, begun, finish } = await build(t)
  const answer = app.inject('/slow') // on no socket of the main server, like a request at the second address of localhost
  await begun
  const closed = app.close()
  await new Promise((resolve) => setImmediate(resolve))
  finish()
  t.equal((await answer).body, 'done')
  await closed
  t.same(order, ['answered', 'storage closed'])
})

t.test('a connection ends with the answer to the request under way', async (t) => {
  const { app, order, begun, finish } = await build(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const { received } = await ask(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await begun
  const closed = app.close()
  await new Promise((resolve) => setImmediate(resolve))
  finish()
  t.match(await received, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*done$/)
  await closed
  t.same(order, ['answered', 'storage closed'])
})

t.test('a connection that asks nothing is cut while a request finishes', async (t) => {
  const { app, begun, finish } = await build(t, { silentMs: 20 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const silent = await ask(port, '')
  const slow = await ask(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await begun
  const closed = app.close()
  t.equal(await silent.received, '')
  finish()
  t.match(await slow.received, /^HTTP\/1\.1 200 OK/)
  await closed
})

t.test('a request that takes too long is cut, and that is logged', async (t) => {
  const { app, log, begun } = await build(t, { silentMs: 10, requestMs: 30 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const { received } = await ask(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await begun
  await app.close()
  t.equal(await received, '')
  t.match(log.join(''), /took too long to finish were cut off: 1/)
})
