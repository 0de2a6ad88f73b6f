/** Where Prometheus asks: a listener of its own, so that nobody finds the metrics at the public address. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { StorageRefused } from '../../storage/storage.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const PATH = '/metrics'
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/** More than a few ask at once only by mistake. */
const MAX_CONNECTIONS = 32
const TIMEOUT_MS = 10_000

/**
 * Answers GET /metrics, and nothing else. It keeps no process running.
 *
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function listenForMetrics({ host, port }: ListenAddress, text: () => Promise<string>): Promise<Server> {
  const server = createServer(
    { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_MS },
    (request, response) => {
      const send = (status: number, body: string) =>
        response.writeHead(status, { 'content-type': CONTENT_TYPE, 'cache-control': 'no-store' }).end(request.method === 'HEAD' ? '' : body)
      request.resume()
      if (request.url?.split('?', 1)[0] !== PATH) send(404, `There is only ${PATH} here.\n`)
      else if (request.method !== 'GET' && request.method !== 'HEAD') send(405, 'This address answers GET only.\n')
      else
        text().then(
          (metrics) => send(200, metrics),
          () => send(503, 'The metrics can not be collected now.\n'),
        )
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new StorageRefused(`METRICS_LISTEN: ${host}:${port} can't be used (${error.code}): choose another address or port.`, {
          cause: error,
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
  server.unref()
  return server
}
