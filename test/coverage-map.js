/**
 * The files that must be covered completely: all of src. A line that no test can reach is excluded by itself, with its reason
 * (`c8 ignore next -- why`). tap fails a run in which anything else was never executed.
 *
 * Only `npm test` checks this, through the variable COVER, because a single test file covers only a part. Without a PostgreSQL of
 * our own, what only PostgreSQL executes is left out; `npm test` then says so in its last lines.
 */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const POSTGRES = /^src\/storage\/postgres/
const asked = process.env['COVER']
const src = fileURLToPath(new URL('../src/', import.meta.url))
const covered = readdirSync(src, { recursive: true })
  .map((path) => `src/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && (asked === 'all' || !POSTGRES.test(path)))

export default () => (asked === undefined ? null : covered)
