/** Whether a PostgreSQL can be started here at all: exit code 0, or 1 and why. */
import { startEmbedded } from './embedded-postgres.ts'

const endings: (() => unknown)[] = []
try {
  await startEmbedded({ teardown: (end) => endings.unshift(end) })
} catch (error) {
  process.stderr.write(`PostgreSQL can't be started here: ${(error as Error).message}. What needs it is not tested.\n`)
  process.exitCode = 1
}
for (const end of endings) await end()
