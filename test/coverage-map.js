/**
 * Which files have to be covered completely: all of src, but for those that stand here with their reason. tap fails a
 * run in which a line, a branch or a function of the others was never run.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const EXCLUDED = {
}

const src = fileURLToPath(new URL('../src/', import.meta.url))
const covered = readdirSync(src, { recursive: true })
  .map((path) => `src/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !(path in EXCLUDED))

export default () => covered
