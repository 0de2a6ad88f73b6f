/** The server with one more route, which shows any page with any model. */
import type { FastifyInstance } from 'fastify'
import { buildApp } from '#src/app.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import type { PageOptions } from '#src/plugins/pages/pages.ts'
import { openPrepared } from '#test/support/memory-storage.ts'
import { SECRET, testConfig } from '#test/support/app.ts'
import { insertPreparedKey } from '#test/support/prepared-keys.ts'
import { samplePages } from './samples.ts'

/** Each sample is at /page/<its name>; the query is handed on as the options of `reply.page`. */
export async function buildPageApp(issuer = 'https://auth.example.com', env: Record<string, string> = {}): Promise<FastifyInstance> {
  const config = testConfig({ ISSUER: issuer, ADMIN_PASSWORD: 'not the one that everybody knows', ...env })
  const storage = await openPrepared(config.databaseUrl)
  await insertPreparedKey(storage.keys, SECRET, Date.now())
  const keyset = await loadKeyset(storage.keys, SECRET, Date.now())
  const app = await buildApp({ config, storage, keyset, secret: SECRET })
  app.get<{ Params: { name: string }; Querystring: Record<string, string> }>(
    '/page/:name',
    { config: { audience: 'page' } },
    async (request, reply) => {
      const { page, model } = samplePages[request.params.name]!
      const { status, uiLocales, display, imageOrigin } = request.query
      const options = { ...(status && { status: Number(status) }), uiLocales, display: display as PageOptions['display'], imageOrigin }
      if (request.query.vary) reply.header('vary', request.query.vary)
      return reply.page(page, model, options)
    },
  )
  return app
}

const entities: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#x60;': '`',
  '&#x3D;': '=',
  '&amp;': '&',
}

/** What a browser reads where the page holds entities. */
export function unescape(html: string): string {
  return html.replace(/&(lt|gt|quot|#x27|#x60|#x3D|amp);/g, (entity) => entities[entity]!)
}
