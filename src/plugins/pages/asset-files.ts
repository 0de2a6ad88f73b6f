/** The files that pages link to, read once. Owns their bytes, types and versioned addresses; not the route that serves them. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'

/** Beside this module's parent both in src/ and in dist/, where the build copies it. */
const folder = new URL('../../templates/assets/', import.meta.url)

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export type Asset = { body: Buffer; type: string; version: string }

/** Every asset by its file name. Files of a type not listed above are left out: nothing is served by accident. */
export const assetFiles: ReadonlyMap<string, Asset> = new Map(
  readdirSync(folder).flatMap((name): Array<[string, Asset]> => {
    const type = types[extname(name)]
    if (type === undefined) return []
    const body = readFileSync(new URL(name, folder))
    return [[name, { body, type, version: createHash('sha256').update(body).digest('base64url').slice(0, 12) }]]
  }),
)

/**
 * The address of an asset, changed by every change of its bytes, so that it may be cached for ever.
 * @param base the path of the issuer, '' when it has none
 * @throws Error if there is no such file: a mistake in a template, found by the first test that renders it
 */
export function assetPath(base: string, name: string): string {
  const asset = assetFiles.get(name)
  if (asset === undefined) throw new Error(`no asset named ${name}`)
  return `${base}/assets/${name}?v=${asset.version}`
}
