/** An MCP server that does as little as possible: calls are answered at once, streams say each second when they did so. */
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'

const RESULT = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'x'.repeat(1000) }] } })
/** Streams that listen for events with the time of their writing; the others stay silent. */
const talking = new Set<ServerResponse>()

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  if (request.method === 'POST') {
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json', 'content-length': RESULT.length }).end(RESULT))
    return
  }
  if (!(request.headers.accept ?? '').includes('text/event-stream')) return void response.end()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(': open\n\n')
  if (!(request.url ?? '').includes('talk')) return
  talking.add(response)
  response.once('close', () => talking.delete(response))
})
setInterval(() => {
  for (const response of talking) response.write(`data: ${performance.timeOrigin + performance.now()}\n\n`)
}, 20)
server.listen(Number(process.env['PORT']), 'localhost', 20_000)
process.once('SIGTERM', () => process.exit(0))
