/**
 * Loads TypeScript with its types blanked out: each token stays at its line and column, so that stack traces and coverage
 * need no source map. What was blanked out once is kept in node_modules/.cache, by its content: most processes of a test
 * run then load no compiler at all.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const { version } = require('ts-blank-space/package.json')
const folder = fileURLToPath(new URL('../../node_modules/.cache/blanked/', import.meta.url))
mkdirSync(folder, { recursive: true })
let blank

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
  const source = readFileSync(fileURLToPath(url), 'utf8')
  return { format: 'module', source: await blanked(source, url), shortCircuit: true }
}

async function blanked(source, url) {
  const file = folder + createHash('sha256').update(version).update(source).digest('hex')
  try {
    return readFileSync(file, 'utf8')
  } catch {
    blank ??= (await import('ts-blank-space')).default
    const text = blank(source, (node) => {
      throw new SyntaxError(`${url}: ${node.getText()} is more than a type`)
    })
    const own = `${file}.${process.pid}`
    writeFileSync(own, text)
    renameSync(own, file)
    return text
  }
}
