/** Loads TypeScript with its types blanked out (blanked.mjs), and finds what it imports in as few steps as can be. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { blanked } from './blanked.mjs'

const require = createRequire(import.meta.url)

/** The hooks see each of the 250 files of its ES modules, and none of those of its other form. */
const TYPEBOX = /^@sinclair\/typebox(?:\/|$)/

/** The same as `imports` in package.json, without reading it for each import. */
const ROOT = new URL('../../', import.meta.url)
const OWN = /^#((?:src|test|bench)\/.*\.m?ts)$/

/** What a test file gets when it imports tap: its own test, where several files share a process (group.mjs). */
const TAP = new URL('own-tap.mjs', import.meta.url).href
const TYPESCRIPT = /^[^?]*\.ts$/

const ERROR_DOMAIN = new URL('error-domain.mjs', import.meta.url).href

/**
 * Node's `resolve` hook. Of the thousand imports of a test, each one that is handed on costs a message to the main thread,
 * which is asked whether tap has a mock of it; but only what a mocked module imports can be mocked.
 */
export function resolve(specifier, context, next) {
  const { parentURL } = context
  if (parentURL === undefined || parentURL.includes('tapmock')) return next(specifier, context)
  if (specifier === 'tap' && TYPESCRIPT.test(parentURL)) {
    if (!parentURL.endsWith('.test.ts')) throw new Error(`${parentURL} may serve several tests: take \`t\` as an argument instead`)
    return { url: `${TAP}?for=${parentURL}`, format: 'module', shortCircuit: true }
  }
  if (specifier === 'async-hook-domain') return { url: ERROR_DOMAIN, format: 'module', shortCircuit: true }
  const own = OWN.exec(specifier)
  if (own !== null) return { url: new URL(own[1], ROOT).href, format: 'module', shortCircuit: true }
  if (/^\.\.?\/.*\.m?ts$/.test(specifier)) return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
  if (TYPEBOX.test(specifier)) return { url: pathToFileURL(require.resolve(specifier)).href, format: 'commonjs', shortCircuit: true }
  return next(specifier, context)
}

/** Node's `load` hook. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !/\.m?ts(?:\?|$)/.test(url) || url.includes('/node_modules/')) return next(url, context)
  return { format: 'module', source: await blanked(url), shortCircuit: true }
}
