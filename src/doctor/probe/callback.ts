/** Receives the authorization response on the loopback interface (RFC 8252 section 7.3). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Callback {
  readonly redirectUri: string
  /** The parameters of the first answer; undefined if none came in time. */
  readonly answer: Promise<URLSearchParams | undefined>
  close(): void
}

/**
 * The wait ends by a timer, not by `AbortSignal.any`: a timeout signal that only another signal refers to may be garbage
 * collected, and then never fires (nodejs/node#57736).
 *
 * @param signal ends the wait early, on Ctrl-C
 */
export async function awaitCallback(signal: AbortSignal, waitMs: number): Promise<Callback> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  let waiting: NodeJS.Timeout
  const answer = new Promise<URLSearchParams | undefined>((resolve) => {
    waiting = setTimeout(resolve, waitMs, undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
    if (signal.aborted) resolve(undefined)
    server.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url!, redirectUri)
      const isAnswer = pathname === '/callback' && (searchParams.has('code') || searchParams.has('error'))
      response.writeHead(isAnswer ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      response.end(isAnswer ? 'Thank you. Close this window, and continue in the terminal.\n' : 'Nothing is here.\n')
      if (isAnswer) resolve(searchParams)
    })
  })
  return {
    redirectUri,
    answer,
    close() {
      clearTimeout(waiting)
      server.close()
      server.closeAllConnections()
    },
  }
}
