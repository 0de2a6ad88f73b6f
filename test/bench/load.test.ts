import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { run } from '../../bench/measure/load.ts'
import type { Load } from '../../bench/measure/load.ts'

async function listen(t: Test, listener: RequestListener): Promise<{ url: string; cpuMs: () => number }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  let asked = 0
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, cpuMs: () => 100 * asked++ }
}

const get = (path: string, expected: number, answers?: string[]): Pick<Load, 'next' | 'expected' | 'onAnswer'> => ({
  expected,
  next: () => ({ method: 'GET', path }),
  onAnswer: ({ body, headers }) => answers?.push(`${body} ${headers['x-seen']}`),
})

t.test('steps follow one another on each connection, and are measured as one', async (t) => {
  const perConnection = new Map<unknown, string[]>()
  const server = await listen(t, (request, response) => {
    const paths = perConnection.get(request.socket) ?? []
    perConnection.set(request.socket, [...paths, request.url!])
    response.writeHead(request.url === '/second' ? 201 : 200, { 'X-Seen': request.url! }).end('body')
  })
  const answers: string[] = []
  const second = get('/second', 201, answers)
  const figures = await run(server, { ...get('/first', 200), amount: 20, connections: 4, followedBy: [second] })
  t.same([...perConnection.values()], Array(4).fill(Array(5).fill(['/first', '/second']).flat()))
  t.same(answers, Array(20).fill('body /second'), 'names of headers are in lower case')
  t.equal(figures.cpuMsPer1000, (100 / 20) * 1000, 'for a thousand turns, not requests')
  t.ok(figures.maxMs >= figures.p50Ms)
})

t.test('an answer of another status ends the run with what it said', async (t) => {
  const server = await listen(t, (_request, response) => response.writeHead(503).end('busy'))
  await t.rejects(run(server, { ...get('/', 200), amount: 4, connections: 2 }), { message: 'expected 200, got 503: busy' })
})

t.test('an answer that cannot be read ends the run, and not the process', async (t) => {
  const server = await listen(t, (_request, response) => response.end('no JSON'))
  const load: Load = { ...get('/', 200), amount: 4, connections: 2, onAnswer: ({ body }) => JSON.parse(body) as unknown }
  await t.rejects(run(server, load), { name: 'SyntaxError' })
})

t.test('a request that a row shares with its preparation stays as it is', async (t) => {
  const server = await listen(t, (_request, response) => response.end('{}'))
  const shot = { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: '{}' } as const
  await run(server, { next: () => shot, expected: 200, amount: 4, connections: 2 })
  t.strictSame(shot.headers, { 'content-type': 'application/json' })
})
