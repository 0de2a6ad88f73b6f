/** A client's back-channel (OpenID Connect Back-Channel Logout section 2.5): keeps what it is sent, answers as a test says. */
import type { IncomingHttpHeaders } from 'node:http'
import { serveHosts } from '../network/tls-server.ts'
import type { TlsServer } from '../network/tls-server.ts'

export interface LogoutReceiver extends TlsServer {
  /** What the client registers as its `backchannel_logout_uri`. */
  readonly uri: string
  readonly received: { readonly method: string | undefined; readonly headers: IncomingHttpHeaders; readonly form: URLSearchParams }[]
  /** What the next ones are answered with. */
  status: number
}

export async function receiveLogouts(t: Parameters<typeof serveHosts>[0], host = 'client.example'): Promise<LogoutReceiver> {
  const server = await serveHosts(t, [host])
  const receiver: LogoutReceiver = { ...server, uri: `https://${host}/back-channel?tenant=a%20b`, received: [], status: 200 }
  server.answers.set(receiver.uri, (request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      receiver.received.push({ method: request.method, headers: request.headers, form: new URLSearchParams(body) })
      response.writeHead(receiver.status, receiver.status === 302 ? { location: receiver.uri } : {}).end()
    })
  })
  return receiver
}
