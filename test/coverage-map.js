/**
 * Which files have to be covered completely: all of src, but for those that stand here with their reason. tap fails a
 * run in which a line, a branch or a function of the others was never run.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const EXCLUDED = {
  'src/fetch/safe-fetch.ts': 'a `finally` that V8 counts as a branch of its own, although every way through it is tested',
  'src/plugins/authentication/client-assertion.ts': 'a default for claims that cannot be read: the check refuses both alike',
  'src/plugins/authentication/find-client.ts': 'defaults for instants that every client of a document has',
  'src/plugins/kernel/load-shedding.ts': 'a lane that fills up while the body of a request arrives',
  'src/plugins/pages/page-helpers.ts': 'a default for a value that the type checker asks of every page',
  'src/plugins/pages/page-language.ts': 'a default for a value that the type checker asks of every page',
  'src/process/workers.ts': 'a worker that ends after a minute, or badly while all stop: longer than a test may take',
}

/**
 * What only a PostgreSQL runs. It doesn't count where none can be started, whose tests are skipped, nor with one of
 * somebody else's (TEST_POSTGRES_URL), which no test may stop or teach TLS.
 */
const POSTGRES = /^src\/storage\/postgres/
const probe = fileURLToPath(new URL('support/postgres-starts.ts', import.meta.url))
const hasPostgres =
  process.env['TEST_POSTGRES_URL'] === undefined &&
  spawnSync(process.execPath, ['--import', new URL('loader/register.mjs', import.meta.url).href, probe], { stdio: 'inherit' }).status === 0

const src = fileURLToPath(new URL('../src/', import.meta.url))
const covered = readdirSync(src, { recursive: true })
  .map((path) => `src/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !(path in EXCLUDED) && (hasPostgres || !POSTGRES.test(path)))

export default () => covered
