/**
 * Answers requests that never reach a route: not HTTP, too slow, or with a malformed address. Owns their OAuth JSON; not errors of
 * routes (errors.ts).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

const ANSWERS: Readonly<Record<string, readonly [status: string, description: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the request line and headers are larger than 16 KB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long to arrive'],
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'access-control-allow-origin': '*', 'cache-control': 'no-store' }

const bodyOf = (description: string): string => JSON.stringify({ error: 'invalid_request', error_description: description })

/** For Node's `clientError`: there is a socket, but no request. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, description] = ANSWERS[error.code ?? ''] ?? ['400 Bad Request', 'the request is malformed']
  const body = bodyOf(description)
  if (socket.writable) {
    socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`)
    socket.write(`Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`)
  }
  socket.destroy(error)
}

/** For Fastify's `frameworkErrors`: an address that is badly encoded, or too long. No hook has run, so the headers are ours to set. */
export function answerBrokenAddress({ code }: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const [status, description] = code === 'FST_ERR_BAD_URL' ? [400, 'the address is malformed'] : [404, 'there is nothing at this address']
  reply.code(status).headers(HEADERS).send(bodyOf(description))
}

/** For Node's `checkExpectation`: a request that no route gets. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const body = bodyOf('the only expectation that this server meets is 100-continue')
  response.writeHead(417, { ...HEADERS, 'content-length': Buffer.byteLength(body) }).end(body)
}
