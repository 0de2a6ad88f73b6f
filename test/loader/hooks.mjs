/** Loads TypeScript with its types blanked out (blanked.mjs), and finds what it imports in as few steps as can be. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { blanked } from './blanked.mjs'

const require = createRequire(import.meta.url)

/** The hooks see each of the 250 files of its ES modules, and none of those of its other form. */
const TYPEBOX = /^@sinclair\/typebox(?:\/|$)/

/**
 * Node's `resolve` hook. Of the thousand imports of a test, each one that is handed on costs a message to the main thread,
 * which is asked whether a mock of tap's stands for it; but only what a mocked module imports can be mocked.
 */
export function resolve(specifier, context, next) {
  const { parentURL } = context
  if (parentURL === undefined || parentURL.includes('tapmock')) return next(specifier, context)
  if (/^\.\.?\/.*\.m?ts$/.test(specifier)) return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
  if (TYPEBOX.test(specifier)) return { url: pathToFileURL(require.resolve(specifier)).href, format: 'commonjs', shortCircuit: true }
  return next(specifier, context)
}

/** Node's `load` hook. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !/\.m?ts(?:\?|$)/.test(url) || url.includes('/node_modules/')) return next(url, context)
  return { format: 'module', source: await blanked(url), shortCircuit: true }
}
