import t from 'tap'
import type { Test } from 'tap'
import { MOST_PIPELINED } from '#src/plugins/kernel/http/pipelining.ts'
import { createApi } from '#test/support/api.ts'
import { dial, hear, speak } from '#test/support/network/socket.ts'
import { stub } from '#test/support/stub.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** A server that listens; `most`: the most pings of its database in one turn of the event loop. */
async function start(t: Test) {
  const made = await createApi(t)
  await made.app.listen({ port: 0, host: '127.0.0.1' })
  const turns = { most: 0, all: 0 }
  let now = 0
  stub(made.storage, {
    ping: async () => {
      if (now++ === 0) setImmediate(() => (now = 0))
      turns.all++
      turns.most = Math.max(turns.most, now)
    },
  })
  return { ...made, turns }
}

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))

t.test('T18: of requests that arrive in one piece, only a few are worked on in a turn, and their connection is cut', async (t) => {
  const { app, turns } = await start(t)
  await speak(app, get('/readyz').repeat(1500))
  t.equal(turns.all, MOST_PIPELINED)
  t.equal(turns.most, MOST_PIPELINED)
  t.equal((await app.inject('/healthz')).statusCode, 200)
})

t.test('a client that pipelines a few requests gets all answers, in their order, as often as it likes', async (t) => {
  const { app, turns } = await start(t)
  const socket = await dial(app)
  let heard = ''
  socket.setEncoding('utf8').on('data', (data: string) => (heard += data))
  for (let round = 1; round <= 5; round++) {
    socket.write(get('/readyz').repeat(MOST_PIPELINED - 1) + get('/nothing'))
    while (statusesIn(heard).length < round * MOST_PIPELINED) await new Promise(setImmediate)
    t.same(statusesIn(heard).slice(-2), [200, 404])
  }
  t.equal(turns.all, 5 * (MOST_PIPELINED - 1))
  socket.destroy()
})

t.test('a server that stops does not wait for requests whose connection was cut', async (t) => {
  const { app, storage } = await start(t)
  const releases: (() => void)[] = []
  stub(storage, { ping: () => new Promise((resolve) => releases.push(resolve)) })
  const socket = await dial(app)
  socket.write(get('/readyz').repeat(3))
  while (releases.length < 3) await new Promise(setImmediate)
  const closed = hear(socket)
  socket.destroy()
  await closed
  for (const release of releases) release()
  const begun = performance.now()
  await app.close()
  t.ok(performance.now() - begun < 5000, 'well before it would cut them off')
})
