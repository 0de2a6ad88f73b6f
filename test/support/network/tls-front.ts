/** A proxy that ends TLS in front of the server, as every deployment with a public address has one. */
import { request as send } from 'node:http'
import { createServer } from 'node:https'
import { createCertificate } from './certificate.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

/** @param target the origin that it forwards to; returns the port of 127.0.0.1 where it listens */
export async function startTlsFront(t: Teardown, host: string, target: string): Promise<number> {
  const server = createServer(createCertificate(host), (incoming, outgoing) => {
    const { method, headers, url } = incoming
    const forwarded = { ...headers, 'x-forwarded-for': incoming.socket.remoteAddress, 'x-forwarded-proto': 'https' }
    const onward = send(new URL(url!, target), { method, headers: forwarded } as Parameters<typeof send>[1], (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as { port: number }).port
}
