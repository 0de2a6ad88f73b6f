/**
 * Measures every request, and shows the state of what the kernel has: keys, clients, database. Owns the labels of requests; not what the
 * concerns count themselves.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { createSingleFlight } from '../../domain/protocol/single-flight.ts'

/** Other methods are one. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
/** How long a count of the clients is shown, in ms: it takes a moment where there are many. */
const COUNTED_MS = 60_000
const GATE = 'gate'

/** What the router calls it: an address that somebody made up is no label. */
const routeOf = ({ gated, is404, routeOptions: { url } }: FastifyRequest): string =>
  gated !== undefined ? GATE : is404 || url === undefined || url === '*' ? 'none' : url

const measuring: FastifyPluginAsync = async (app) => {
  const { meter, settings, storage } = app
  if (!meter.isOn) return

  app.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request)
    const method = METHODS.has(request.method) ? request.method : 'other'
    meter.count('requests', { route, method, status: String(reply.statusCode) })
    if (request.refusedWith !== undefined) meter.count('refusals', { route, error: request.refusedWith })
    // A stream would look like a slow answer.
    if (route !== GATE) meter.time('requests', { route }, reply.elapsedTime / 1000)
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
  /** Whoever asks for metrics doesn't wait for the database. */
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
export default fp(measuring, { name: 'measuring', dependencies: ['settings', 'storage', 'clock', 'keys', 'meter', 'errors'] })
