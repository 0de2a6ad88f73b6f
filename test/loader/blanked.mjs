/**
 * TypeScript with its types blanked out: each token stays at its line and column, so that stack traces and coverage need no
 * source map. What was blanked out once is kept in node_modules/.cache, by its content: most processes of a test run then
 * load no compiler at all, which takes longer than many a test.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const { version } = createRequire(import.meta.url)('ts-blank-space/package.json')
const folder = fileURLToPath(new URL('../../node_modules/.cache/blanked/', import.meta.url))
mkdirSync(folder, { recursive: true })
let blank

/** The file at `url`, as Node can run it. */
export async function blanked(url) {
  const source = readFileSync(fileURLToPath(url), 'utf8')
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
