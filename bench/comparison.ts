/** Two versions of our server, round by round: is a row slower than before? */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { number, renderTable, withRange } from './report.ts'
import type { Row } from './row.ts'
import { middleHalf, ratios, spread } from './spread.ts'
import type { Spread } from './spread.ts'

/** What a row may take more than before, by noise, without being called slower. */
const TOLERATED = 0.03

/** Such as `0.1.0, 3f06113`. */
export function describeCheckout(path: string): string {
  const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string }
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: path, encoding: 'utf8' })
  return status === 0 ? `${version}, ${stdout.trim()}` : version
}

/** @param other what {@link describeCheckout} says of the version that runs as `before` */
export function renderComparison(rows: readonly Row[], other: string): string {
  const compared = rows.map(({ name, ours, before = [] }) => {
    const [now, then] = [ours, before].map((rounds) => rounds.map(({ cpuMsPer1000 }) => cpuMsPer1000))
    const known = ratios(now!, then!).filter((ratio) => ratio !== undefined)
    return { name, now: spread(now!), then: spread(then!), change: middleHalf(known) }
  })
  const slower = (by: (change: Spread) => number) =>
    compared
      .filter(({ change }) => change !== undefined && by(change) - 1 > TOLERATED)
      .map(({ name, change }) => `${name} (${percent(by(change!))})`)
  const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))
  return [
    '## Beside another version',
    '',
    `Before: ${other}. Both versions take turns in the run above; the change is that of CPU time, round by round: the one in the middle, and the middle half of the rounds.`,
    '',
    ...renderTable(
      ['request', 'before, CPU ms / 1000', 'now, CPU ms / 1000', 'change', 'half of the rounds'],
      compared.map(({ name, now, then, change }) => [
        name,
        withRange(then),
        withRange(now),
        change === undefined ? '-' : percent(change.median),
        change === undefined ? '-' : `${percent(change.low)} to ${percent(change.high)}`,
      ]),
    ),
    '',
    `Slower by more than ${number(TOLERATED * 100)} % in the middle round: ${list(slower(({ median }) => median))}.`,
    `In three rounds of four: ${list(slower(({ low }) => low))}.`,
    '',
  ].join('\n')
}

function percent(ratio: number): string {
  const change = (ratio - 1) * 100
  return `${change < 0 ? '' : '+'}${number(change, 1)} %`
}
