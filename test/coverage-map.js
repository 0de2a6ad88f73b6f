/**
 * Which files have to be covered completely: all of src, but for those that stand here with their reason. tap fails a
 * run in which a line, a branch or a function of the others was never run.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const EXCLUDED = {
  'src/cli/configured.ts': 'closing what was never opened: a branch that only a defect between two lines reaches',
  'src/fetch/safe-fetch.ts': 'a `finally` that V8 counts as a branch of its own, although every way through it is tested',
  'src/plugins/shared/asset-files.ts': 'a file of a type that we do not ship',
  'src/plugins/shared/client-assertion.ts': 'a default for claims that cannot be read: the check refuses both alike',
  'src/plugins/shared/clients.ts': 'defaults for instants that every client of a document has',
  'src/plugins/shared/page-helpers.ts': 'a default for a value that the type checker asks of every page',
  'src/plugins/shared/page-language.ts': 'a default for a value that the type checker asks of every page',
}

const src = fileURLToPath(new URL('../src/', import.meta.url))
const covered = readdirSync(src, { recursive: true })
  .map((path) => `src/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !(path in EXCLUDED))

export default () => covered
