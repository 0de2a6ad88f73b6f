/**
 * Which files have to be covered completely: all of src. A line that no test can reach says so itself, with its reason
 * (`c8 ignore next -- why`). tap fails a run in which anything else was never run.
 *
 * Only `npm test` asks for it, in COVER: a single file covers a part. What only a PostgreSQL runs is left out where the run has
 * none of its own, which `npm test` says at its end.
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
