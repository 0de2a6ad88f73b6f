/**
 * GET /assets/NAME and /favicon.ico: the files that pages link to, and those of the service. Owns their versioned addresses, their
 * types, and how long a browser keeps them; @fastify/static does the rest (reading, ETag, 304) for those that ship.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { serviceFiles } from './service-pages.ts'

/** Beside this module's parent both in src/ and in dist/, where the build copies it. */
const folder = fileURLToPath(new URL('../../templates/assets/', import.meta.url))

/** A file of another type is left out: nothing is served by accident. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** From packages, as they ship it: what a browser says to Web Authentication, and what it hears. */
const packaged: ReadonlyMap<string, string> = new Map([
  ['simplewebauthn.js', fileURLToPath(new URL('../dist/bundle/index.umd.min.js', import.meta.resolve('@simplewebauthn/browser')))],
])

const pathOf = (name: string): string => packaged.get(name) ?? join(folder, name)

const versionOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(pathOf(name)))
    .digest('base64url')
    .slice(0, 12)

/** The version of every asset, by its file name. */
export const assetVersions: ReadonlyMap<string, string> = new Map(
  [...readdirSync(folder), ...packaged.keys()].filter((name) => extname(name) in TYPES).map((name) => [name, versionOf(name)]),
)

/**
 * The address of an asset. It changes with every change of the bytes, so that a browser may keep them for ever.
 *
 * @param base the path of the issuer, '' when it has none
 * @throws Error if there is no such file: a mistake in a template, found by the first test that renders it
 */
export function assetPath(base: string, name: string): string {
  const version = assetVersions.get(name)
  if (version === undefined) throw new Error(`no asset named ${name}`)
  return `${base}/assets/${name}?v=${version}`
}

/** The address of a file of the service, with its version. */
export const servicePath = (base: string, name: string, version: string): string => `${base}/assets/service/${name}?v=${version}`

const kept = (isCurrent: boolean): string => (isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')

const assets: FastifyPluginAsync = async (app) => {
  const { base, serviceLogo } = app.settings
  const ofService = serviceFiles(app.settings)
  // It would call JavaScript by a type that RFC 9239 gave up.
  await app.register(fastifyStatic, { root: folder, serve: false, contentType: false, cacheControl: false, acceptRanges: false })

  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>(
    `${base}/assets/:name`,
    { config: { audience: 'asset' } },
    async (request, reply) => {
      const { name } = request.params
      const version = assetVersions.get(name)
      if (version === undefined) return reply.callNotFound()
      // Another version is served too, but not kept: during an update, a page from one node may ask another node for its assets.
      return reply
        .header('cache-control', kept(request.query.v === version))
        .header('content-type', TYPES[extname(name)])
        .header('x-content-type-options', 'nosniff')
        .sendFile(basename(pathOf(name)), dirname(pathOf(name)))
    },
  )

  app.get<{ Params: { name: string }; Querystring: { v?: unknown } }>(
    `${base}/assets/service/:name`,
    { config: { audience: 'asset' } },
    async (request, reply) => {
      const file = ofService.get(request.params.name)
      if (file === undefined) return reply.callNotFound()
      return (
        reply
          .header('cache-control', kept(request.query.v === file.version))
          .header('x-content-type-options', 'nosniff')
          // An SVG image that is opened by itself is a document, which could run scripts of this server's origin.
          .header('content-security-policy', "default-src 'none'; sandbox")
          .type(file.type)
          .send(file.bytes)
      )
    },
  )

  // Browsers, and clients that show an icon, ask for this one without having seen a page.
  const icon = serviceLogo && servicePath(base, serviceLogo.name, ofService.get(serviceLogo.name)!.version)
  app.get('/favicon.ico', { config: { audience: 'asset' } }, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=86400').redirect(icon ?? assetPath(base, 'icon.svg')),
  )
}

export default fp(assets, { name: 'assets', encapsulate: true, dependencies: ['settings'] })
