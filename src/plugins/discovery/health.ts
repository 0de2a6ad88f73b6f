/**
 * GET /healthz: the process answers. GET /readyz: its database answers, and takes writes. Owns both; for orchestrators, not for clients:
 * they know the port, not the issuer, so that both answer at the root of the host, too. An operator on the same machine reads the version.
 */
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { isLoopback } from '../../domain/protocol/loopback.ts'
import { PATHS } from '../../schemas/paths.ts'
import { curl } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { createConcurrencyLimit } from '../kernel/load-shedding.ts'

const Health = Type.Object({ status: Type.Literal('ok'), version: Type.Optional(Type.String()) })

const alive: Endpoint = { id: 'health', group: 'operation', standards: [], curl: (url) => curl(`-i '${url}'`) }
const ready: Endpoint = { ...alive, id: 'readiness' }

/** Callers on this machine; not a proxy on it, which asks for others. */
const isLocal = ({ ip, headers, hostname }: FastifyRequest): boolean =>
  isLoopback(ip) && isLoopback(hostname) && !FORWARDED.some((name) => name in headers)
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

const health: FastifyPluginAsyncTypebox<{ readonly version: string | undefined }> = async (app, { version }) => {
  const schema = { response: { 200: Health } }
  // A busy process is alive, and a restart would make things worse. So it answers under load, too.
  const concurrencyLimit = createConcurrencyLimit(Infinity)

  const { base } = app.settings
  for (const path of new Set([base, ''])) {
    // The home page lists the addresses below the issuer.
    const announced = path === base
    app.get(
      path + PATHS.alive,
      { schema, config: { audience: 'api', endpoint: announced ? alive : undefined, concurrencyLimit } },
      async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    )
    app.get(
      path + PATHS.ready,
      { schema, config: { audience: 'api', endpoint: announced ? ready : undefined } },
      async (request, reply) => {
        await app.storage.ping().catch((cause: unknown) => {
          // Whatever the reason: send no requests here.
          throw Object.assign(new OAuthError('temporarily_unavailable', 'the database does not answer'), { cause })
        })
        return reply
          .header('cache-control', 'no-store')
          .send({ status: 'ok', ...(version !== undefined && isLocal(request) && { version }) })
      },
    )
  }
}
export default fp(health, { name: 'health', encapsulate: true, dependencies: ['settings', 'storage'] })
