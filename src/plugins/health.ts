/** GET /healthz: the process answers. GET /readyz: its database does too. For orchestrators, not for clients. */
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { PATHS } from '../schemas/paths.ts'

const Health = Type.Object({ status: Type.Literal('ok') })

const health: FastifyPluginAsyncTypebox = async (app) => {
  const options = { schema: { response: { 200: Health } } }
  app.get(PATHS.alive, options, async () => ({ status: 'ok' as const }))
  app.get(PATHS.ready, options, async () => {
    await app.storage.ping()
    return { status: 'ok' as const }
  })
}
export default fp(health, { name: 'health', encapsulate: true, dependencies: ['storage', 'errors'] })
