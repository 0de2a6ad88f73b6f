/** Receives the authorization response on the loopback interface (RFC 8252 section 7.3). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { renderPage } from './callback-page.ts'

export interface Callback {
  readonly redirectUri: string
  /** The parameters of the first answer with our state; undefined if none came in time. */
  readonly answer: Promise<URLSearchParams | undefined>
  /** The states of the answers that were ignored; `null` for one without state. */
  readonly strayed: () => readonly (string | null)[]
  close(): void
}

export interface CallbackOptions {
  /** What the answer must repeat: any page, and any program of this machine, can send a request here. */
  readonly state: string
  /** Ends the wait early, on Ctrl-C. */
  readonly signal: AbortSignal
  readonly waitMs: number
  /** Shows the user a line at once. */
  readonly say: (line: string) => void
}

/** How many states of ignored answers are kept. */
const MAX_STRAYED = 10

const SIGNED_IN = renderPage("You're signed in", 'Close this window, and continue in the terminal.')
const NOT_ALLOWED = renderPage('The login ended with an error', 'Close this window. The terminal says which one.')
const ANOTHER_LOGIN = renderPage('Another login', 'This answer does not belong to the login that the terminal waits for.')
const NOTHING = renderPage('Nothing is here', 'This address only waits for the end of your login.')

/**
 * The wait ends by a timer, not by `AbortSignal.any`: a timeout signal that only another signal refers to may be garbage
 * collected, and then never fires (nodejs/node#57736).
 */
export async function awaitCallback({ state, signal, waitMs, say }: CallbackOptions): Promise<Callback> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const strayed: (string | null)[] = []
  let waiting: NodeJS.Timeout
  const answer = new Promise<URLSearchParams | undefined>((resolve) => {
    waiting = setTimeout(resolve, waitMs, undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
    if (signal.aborted) resolve(undefined)
    server.on('request', (request, response) => {
      const parameters = answerIn(request.url!, redirectUri)
      if (parameters === undefined) return send(response, 404, NOTHING)
      if (parameters.get('state') === state) {
        send(response, 200, parameters.has('code') ? SIGNED_IN : NOT_ALLOWED)
        return resolve(parameters)
      }
      if (strayed.length === 0) say('An answer came that does not belong to this login. Still waiting for the right one.')
      if (strayed.length < MAX_STRAYED) strayed.push(parameters.get('state'))
      send(response, 400, ANOTHER_LOGIN)
    })
  })
  return {
    redirectUri,
    answer,
    strayed: () => strayed,
    close() {
      clearTimeout(waiting)
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The parameters of an authorization response; undefined for any other request. A request line may hold what is no URL, as `//`. */
function answerIn(target: string, redirectUri: string): URLSearchParams | undefined {
  if (!URL.canParse(target, redirectUri)) return undefined
  const { pathname, searchParams } = new URL(target, redirectUri)
  return pathname === '/callback' && (searchParams.has('code') || searchParams.has('error')) ? searchParams : undefined
}

function send(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    connection: 'close',
  })
  response.end(page)
}
