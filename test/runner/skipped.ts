/** What a run skipped and why, from the results that tap keeps. `npm test` prints it last. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Titles by reason. */
export type Skipped = ReadonlyMap<string, readonly string[]>

const SKIPPED = /^ *ok \d+(?: - (.*?))? # SKIP ?(.*)$/

/** @param folder where tap keeps the output of each process; it is missing if tap never got that far */
export function findSkipped(folder: string): Skipped {
  const skipped = new Map<string, string[]>()
  if (!existsSync(folder)) return skipped
  for (const name of readdirSync(folder).sort()) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [matched, title = '', reason = ''] = SKIPPED.exec(line) ?? []
      if (matched !== undefined) skipped.set(reason, [...(skipped.get(reason) ?? []), title])
    }
  }
  return skipped
}

export function renderSkipped(skipped: Skipped): string[] {
  if (skipped.size === 0) return ['Nothing was skipped.']
  const count = [...skipped.values()].flat().length
  return [`${count} skipped:`, ...[...skipped].map(([reason, titles]) => `  ${titles.length} x ${reason || 'no reason given'}`)]
}
