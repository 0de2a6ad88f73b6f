/** A client's website for a browser to come back to: it shows what it got, and tells the window that opened it. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createCertificate } from '../network/certificate.ts'

export interface Visit {
  readonly method: string
  readonly path: string
  readonly parameters: Record<string, string>
  readonly headers: IncomingMessage['headers']
}

export interface ClientSite {
  readonly port: number
  /** What came to `/callback`, in order. */
  readonly visits: Visit[]
  /** What any other path answers; a page of the client. */
  html: string
}

type Teardown = { teardown(fn: () => unknown): unknown }

const CALLBACK = `<!doctype html><title>callback</title><h1>Connected</h1><script>
  if (window.opener) window.opener.postMessage({ callback: location.href }, '*')
</script>`

/** @param host serves https with a certificate for that name; without, http */
export async function startClientSite(t: Teardown, host?: string): Promise<ClientSite> {
  const visits: Visit[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, search } = new URL(request.url!, 'http://client')
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const isCallback = pathname.endsWith('/callback')
    if (isCallback) {
      const parameters = Object.fromEntries(new URLSearchParams(request.method === 'POST' ? body : search))
      visits.push({ method: request.method!, path: pathname, parameters, headers: request.headers })
    }
    response.writeHead(pathname === '/favicon.ico' ? 204 : 200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(isCallback ? CALLBACK : site.html)
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response)
  const server = host === undefined ? createServer(listener) : createTlsServer(createCertificate(host), listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as { port: number }
  const site: ClientSite = { port, visits, html: '<!doctype html><title>client</title>' }
  return site
}
