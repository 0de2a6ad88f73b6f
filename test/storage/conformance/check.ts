/** The checks of the storage's contract. They throw, so that tests can also expect a bad store to fail one. */
import assert from 'node:assert/strict'
import type { Driver } from '#src/storage/driver.ts'
import { createStorage } from '#src/storage/open.ts'
import type { Storage } from '#src/storage/storage.ts'

/** Opens an empty migrated database; each check has its own. */
export type Open = () => Promise<Driver>

export interface Check {
  readonly title: string
  run(storage: Storage, driver: Driver): Promise<void>
}

export const check = (title: string, run: Check['run']): Check => ({ title, run })

/** Runs one check on a new database. `build` makes the stores: the test of the suite passes broken ones. */
export async function runCheck({ run }: Check, open: Open, build: (driver: Driver) => Storage = createStorage): Promise<void> {
  const driver = await open()
  try {
    await run(build(driver), driver)
  } finally {
    await driver.close()
  }
}

/** Compares records: a member that is `undefined` counts as absent. */
export function same(actual: unknown, expected: unknown, message?: string): void {
  assert.deepEqual(plain(actual), plain(expected), message)
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}

/** How often each outcome occurs. */
export function tally(outcomes: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[String(outcome)] = (counts[String(outcome)] ?? 0) + 1
  return counts
}

/** Makes `count` calls at once. */
export const together = <T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => call(index)))
