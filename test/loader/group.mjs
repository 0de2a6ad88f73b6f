/**
 * Runs several test files in one process, one after the other, because starting a process and loading the server costs more than
 * most files' tests. Each file is a test of its own, with its own teardown: `import t from 'tap'` gives it that test (own-tap.mjs).
 */
import t from 'tap'
import { setCurrentTest } from './current-test.ts'

const ROOT = new URL('../../', import.meta.url)
/** Longest time for one file, in ms. */
const LIMIT_MS = process.env['TEST_SIZE'] === 'full' ? 1_200_000 : 240_000

/** @param files paths from the root of the checkout */
export async function runGroup(files) {
  t.plan(files.length)
  t.setTimeout(files.length * LIMIT_MS)
  for (const file of files) {
    await t.test(file, { timeout: LIMIT_MS }, async (t) => {
      setCurrentTest(t)
      await import(new URL(file, ROOT).href)
    })
  }
}
