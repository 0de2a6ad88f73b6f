/**
 * What our figures are held against: a bare Fastify that answers the same bytes on the same paths, parses the same
 * bodies, and signs with the same algorithms where we do. Reads the recorded answers from the file that BARE names.
 */
import { readFileSync } from 'node:fs'
import formbody from '@fastify/formbody'
import Fastify from 'fastify'
import { SignJWT, generateKeyPair } from 'jose'

export interface BareRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
  readonly sign: readonly ('ES256' | 'RS256')[]
}

/** Node and Fastify set these by themselves. */
const OWN_HEADERS = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])

const routes = JSON.parse(readFileSync(process.env['BARE']!, 'utf8')) as BareRoute[]
const keys = { ES256: await generateKeyPair('ES256'), RS256: await generateKeyPair('RS256') }
const claims = { sub: 'x'.repeat(22), aud: 'https://mcp.example.com/mcp', client_id: 'x'.repeat(29), scope: 'profile', jti: 'x'.repeat(22) }

const app = Fastify()
await app.register(formbody)
app.get('/alive', async () => '')
for (const { method, path, status, headers, body, sign } of routes) {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase())))
  app.route({
    method,
    url: path,
    handler: async (_request, reply) => {
      await Promise.all(sign.map((alg) => new SignJWT(claims).setProtectedHeader({ alg, kid: 'x'.repeat(43) }).sign(keys[alg].privateKey)))
      return reply.code(status).headers(kept).send(body)
    },
  })
}
await app.listen({ port: Number(process.env['PORT']), host: 'localhost' })
process.once('SIGTERM', () => void app.close())
