/** Finds the setting that was meant by a name that is none. */
import { ConfigSchema } from './schema.ts'

const NAMES: readonly string[] = Object.values(ConfigSchema.properties).map(({ variable }) => variable.name)

/**
 * A sentence for each name that is almost that of a setting. Others are left alone: the file may also be read by other programs.
 *
 * @param names those in the file `path`
 */
export function warnAboutNames(names: readonly string[], path: string): string[] {
  return names.flatMap((name) => {
    const meant = NAMES.includes(name) ? undefined : nearest(name)
    return meant === undefined ? [] : [`${path} sets ${name}, which is no setting: did you mean ${meant}?`]
  })
}

function nearest(name: string): string | undefined {
  const word = name.toUpperCase()
  const near = NAMES.map((each) => ({ each, mistakes: mistakesIn(word, each) })).sort((a, b) => a.mistakes - b.mistakes)[0]!
  // In a short name, two mistakes make another word.
  return near.mistakes <= (near.each.length < 6 ? 1 : 2) ? near.each : undefined
}

/** How many letters were left out, added, mistaken or exchanged with their neighbour (Damerau). */
function mistakesIn(typed: string, meant: string): number {
  const rows: number[][] = [Array.from({ length: meant.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= typed.length; i++) {
    const row = [i]
    for (let j = 1; j <= meant.length; j++) {
      const same = typed[i - 1] === meant[j - 1] ? 0 : 1
      const isSwapped = i > 1 && j > 1 && typed[i - 1] === meant[j - 2] && typed[i - 2] === meant[j - 1]
      const steps = [rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same]
      row.push(Math.min(...steps, ...(isSwapped ? [rows[i - 2]![j - 2]! + 1] : [])))
    }
    rows.push(row)
  }
  return rows[typed.length]![meant.length]!
}
