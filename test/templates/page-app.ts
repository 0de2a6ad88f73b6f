/** The smallest app that shows pages: just the plugins that make them, with the order of production. */
import accepts from '@fastify/accepts'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import assets from '#src/plugins/pages/assets.ts'
import home from '#src/plugins/discovery/home.ts'
import pages from '#src/plugins/pages/pages.ts'
import type { PageOptions } from '#src/plugins/pages/pages.ts'
import { samplePages } from './samples.ts'

/** Each sample is at /page/<its name>; the query is handed on as the options of `reply.page`. */
export async function buildPageApp(issuer = 'https://auth.example.com'): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  await app.register(accepts)
  await app.register(pages, { issuer })
  await app.register(assets, { issuer })
  await app.register(home, { issuer, registration: true })
  app.get<{ Params: { name: string }; Querystring: Record<string, string> }>('/page/:name', async (request, reply) => {
    const { page, model } = samplePages[request.params.name]!
    const { status, uiLocales, display, imageOrigin } = request.query
    const options = { ...(status && { status: Number(status) }), uiLocales, display: display as PageOptions['display'], imageOrigin }
    if (request.query.vary) reply.header('vary', request.query.vary)
    return reply.page(page, model, options)
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not_found' }))
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
