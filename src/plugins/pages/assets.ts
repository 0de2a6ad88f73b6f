/** GET <base>/assets/<name> and /favicon.ico. Owns how the files that pages link to are served; not what they are (shared/asset-files). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { assetFiles, assetPath } from './asset-files.ts'

export type AssetsOptions = { issuer: string }

const assets: FastifyPluginAsync<AssetsOptions> = async (app, { issuer }) => {
  const { pathname } = new URL(issuer)
  const base = pathname === '/' ? '' : pathname

  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>(`${base}/assets/:name`, async (request, reply) => {
    const asset = assetFiles.get(request.params.name)
    if (asset === undefined) return reply.callNotFound()
    // Another version is served too, but not kept: while a new release rolls out, a page of one node asks another one.
    const forever = request.query.v === asset.version
    return reply
      .header('content-type', asset.type)
      .header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
      .header('x-content-type-options', 'nosniff')
      .send(asset.body)
  })

  // Browsers and clients that show an icon ask for this one without having seen a page.
  app.get('/favicon.ico', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=86400').redirect(assetPath(base, 'icon.svg')),
  )
}

export default fp(assets, { name: 'assets', encapsulate: true })
