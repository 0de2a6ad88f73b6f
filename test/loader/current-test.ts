/** The test of the file that is running, where several files share a process (group.mjs). */
import type { Test } from 'tap'

let current: Test | undefined

/** Returns undefined in a file that runs alone. */
export const currentTest = (): Test | undefined => current

export function setCurrentTest(t: Test): void {
  current = t
}
