/**
 * The files that must be covered completely: all of src but those of OPEN. A line that no test can reach is excluded by itself, with its reason
 * (`c8 ignore next -- why`). tap fails a run in which anything else was never executed.
 *
 * Only `npm test` checks this, through the variable COVER, because a single test file covers only a part. Without a PostgreSQL of
 * our own, what only PostgreSQL executes is left out; `npm test` then says so in its last lines.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * What came last, and has branches that no test reaches yet: cover them, and take the file off the list.
 */
const OPEN = new Set(['src/app.ts', 'src/plugins/console/entrance.ts', 'src/process/serve.ts', 'src/process/start.ts', 'src/server.ts'])

const POSTGRES = /^src\/storage\/postgres/
const asked = process.env['COVER']
const src = fileURLToPath(new URL('../src/', import.meta.url))
const covered = readdirSync(src, { recursive: true })
  .map((path) => `src/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !OPEN.has(path) && (asked === 'all' || !POSTGRES.test(path)))

export default () => (asked === undefined ? null : covered)
