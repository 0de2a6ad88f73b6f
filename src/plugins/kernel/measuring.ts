/**
 * Measures every request, and shows the state of what the kernel has: keys, clients, database. Owns the labels of requests; not what the
 * concerns count themselves.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, onResponseHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { createSingleFlight } from '../../domain/protocol/single-flight.ts'
import type { Adding, Meter } from '../../metrics/meter.ts'

/** Other methods are one. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
/** How long a count of the clients is shown, in ms: it takes a moment where there are many. */
const COUNTED_MS = 60_000

const measuring: FastifyPluginAsync = async (app) => {
  const { meter, settings, storage } = app
  if (!meter.isOn) return

  const gate = measureRoute(meter, 'gate', false)
  const none = measureRoute(meter, 'none')
  // A hook for each route knows its labels. Who asks Fastify for the route of a request gets a description that is made anew each time.
  app.addHook('onRoute', (route) => {
    // What the router calls it: an address that somebody made up is no label.
    const own = route.url === '*' ? none : measureRoute(meter, route.url)
    const measure: onResponseHookHandler = (request, reply, done) => {
      ;(request.gated === undefined ? own : gate)(request, reply)
      done()
    }
    route.onResponse = [route.onResponse ?? [], measure].flat()
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) (request.gated === undefined ? none : gate)(request, reply)
    done()
  })

  meter.watch('keyAge', () => app.keyset.signing.map(({ alg, activeAt }) => ({ labels: { alg }, value: (app.now() - activeAt) / 1000 })))
  const { keyRotationInterval: interval, maxClients } = settings
  meter.watch('keyInterval', () => [{ labels: {}, value: interval === 'off' ? 0 : interval }])
  meter.watch('clientsLimit', () => [{ labels: {}, value: maxClients === 'off' ? 0 : maxClients }])
  meter.watch('connections', () => {
    const { connections, idle } = storage.load()
    return [
      { labels: { state: 'busy' }, value: connections - idle },
      { labels: { state: 'idle' }, value: idle },
    ]
  })
  meter.watch('waiting', () => [{ labels: {}, value: storage.load().waiting }])

  const counting = createSingleFlight<void>()
  let counted = { clients: 0, at: -Infinity }
  async function count(): Promise<void> {
    try {
      counted = { clients: await storage.clients.count(), at: app.now() }
    } catch {
      // The database is away: what was counted last is shown.
    }
  }
  /** A request for metrics doesn't wait for the database. */
  function countAgain(): void {
    if (app.now() - counted.at >= COUNTED_MS) void counting.join(count)
  }
  app.addHook('onReady', async () => countAgain())
  app.addHook('onClose', async () => counting.current)
  meter.watch('clients', () => {
    countAgain()
    return [{ labels: {}, value: counted.clients }]
  })
}

/** @param isTimed a stream would look like a slow answer */
function measureRoute(meter: Meter, route: string, isTimed = true): (request: FastifyRequest, reply: FastifyReply) => void {
  const counters = new Map<string, Map<number, Adding>>()
  /** Nobody is shown the times of a route that nobody has asked. */
  let time: Adding | undefined = isTimed ? undefined : () => undefined

  function counterOf(method: string, status: number): Adding {
    const known = counters.get(method)?.get(status)
    if (known !== undefined) return known
    const added = meter.counter('requests', { route, method, status: String(status) })
    counters.set(method, (counters.get(method) ?? new Map<number, Adding>()).set(status, added))
    return added
  }

  return (request, reply) => {
    counterOf(METHODS.has(request.method) ? request.method : 'other', reply.statusCode)(1)
    if (request.refusedWith !== undefined) meter.count('refusals', { route, error: request.refusedWith })
    time ??= meter.timer('requests', { route })
    time(reply.elapsedTime / 1000)
  }
}

export default fp(measuring, { name: 'measuring', dependencies: ['settings', 'storage', 'clock', 'keys', 'meter', 'errors'] })
