/** A load balancer in its smallest form: each request goes to the next node, past those that are gone. */
import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Upstream {
  readonly name: string
  readonly port: number
}

export interface Proxy {
  readonly port: number
  /** Asks no more; requests under way end. */
  close(): Promise<void>
}

/**
 * Listens on `localhost`.
 *
 * @param port 0 takes any free one
 * @param upstreams the nodes; more may be added while it runs
 */
export async function startProxy(port: number, upstreams: readonly Upstream[]): Promise<Proxy> {
  let turn = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()) // small, and needed again if a node is gone
    for (let tries = 0; tries < upstreams.length; tries++) {
      const upstream = upstreams[turn++ % upstreams.length]!
      try {
        const answered = await forward(request, body, upstream)
        response.writeHead(answered.statusCode!, { ...answered.headers, 'x-node': upstream.name })
        answered.pipe(response)
        return
      } catch (error) {
        // Nobody listens there: nothing was sent. Anything else may have happened already, and isn't sent twice.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break
      }
    }
    response.writeHead(502, { 'content-type': 'text/plain' }).end('no node answers\n')
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  server.listen(port, 'localhost')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      server.closeIdleConnections()
      await once(server, 'close')
    },
  }
}

async function forward(request: IncomingMessage, body: Buffer, { port }: Upstream): Promise<IncomingMessage> {
  const { method, url, headers, socket } = request
  const forwarded = send({
    port,
    method,
    path: url,
    agent: false,
    host: 'localhost',
    headers: { ...headers, connection: 'close', 'x-forwarded-for': socket.remoteAddress },
  })
  forwarded.end(body)
  const [answered] = (await once(forwarded, 'response')) as [IncomingMessage]
  return answered
}
