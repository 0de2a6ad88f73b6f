/** Two versions of our server, round by round: is a row slower than before? */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuOf, number, renderTable, withRange } from './report.ts'
import type { Row } from '../rows/row.ts'
import { interval, ratios, spread } from './spread.ts'
import type { Spread } from './spread.ts'

const TOLERATED_PERCENT = 3
const LIMIT = 1 + TOLERATED_PERCENT / 100

/** Such as `0.1.0, 3f06113`. */
export function describeCheckout(path: string): string {
  const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string }
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: path, encoding: 'utf8' })
  return status === 0 ? `${version}, ${stdout.trim()}` : version
}

/** @param other what {@link describeCheckout} says of the version that runs as `before` */
export function renderComparison(rows: readonly Row[], other: string): string {
  const compared = rows.map(({ name, ours, before = [] }) => {
    const [now, then] = [cpuOf(ours), cpuOf(before)]
    const change = interval(ratios(now, then).filter((ratio) => ratio !== undefined))
    return { name, now: spread(now), then: spread(then), change }
  })
  const list = (is: (change: Spread) => boolean): string => {
    const found = compared.filter(({ change }) => change !== undefined && is(change))
    return found.length === 0 ? 'none' : found.map(({ name, change }) => `${name} (${percent(change!.median)})`).join(', ')
  }
  return [
    '## Beside another version',
    '',
    `Before: ${other}. Both versions take turns in the run above. The change is that of CPU time from round to round: the one in the middle, and the interval in which it is with a probability of 95 %.`,
    '',
    ...renderTable(
      ['request', 'before, CPU ms / 1000', 'now, CPU ms / 1000', 'change', '95 % interval'],
      compared.map(({ name, now, then, change }) => [
        name,
        withRange(then),
        withRange(now),
        change === undefined ? '-' : percent(change.median),
        change === undefined ? '-' : `${percent(change.low)} to ${percent(change.high)}`,
      ]),
    ),
    '',
    `Slower by more than ${TOLERATED_PERCENT} %: ${list(({ low }) => low > LIMIT)}.`,
    `Perhaps, which more rounds would show: ${list(({ low, high }) => low <= LIMIT && high > LIMIT)}.`,
    '',
  ].join('\n')
}

export function percent(ratio: number): string {
  const change = (ratio - 1) * 100
  return `${change < 0 ? '' : '+'}${number(change, 1)} %`
}
