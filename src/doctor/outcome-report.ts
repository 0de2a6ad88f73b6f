/** Outcomes as text: a mark and a line each, and for a failure what came and what to do. */
import { printable } from '../domain/protocol/printable.ts'
import type { Failure, Outcome } from './probe/step.ts'

const MARKS = { passed: '✓', failed: '✗', skipped: '–', note: '!' } as const
const COLORS = { passed: 32, failed: 31, skipped: 90, note: 33 } as const

/** In characters. */
const MAX_SHOWN_BODY = 300

/** How many steps ended in which way. */
export type Tally = Readonly<Record<Outcome['kind'], number>>

/** Where the causes and cures of findings are. */
export const CURES = 'docs/troubleshooting.md'

/**
 * The lines of one step.
 *
 * @param cures the address of CURES, where it is known
 */
export function renderOutcome(title: string, outcome: Outcome, color: boolean, cures = CURES): string[] {
  const mark = paint(MARKS[outcome.kind], COLORS[outcome.kind], color)
  if (outcome.kind === 'failed') return [`${mark} ${title}`, ...renderFailure(outcome, color, cures)]
  if (outcome.detail === undefined) return [`${mark} ${title}`]
  const more = outcome.kind === 'note' ? `; see ${outcome.finding}` : ''
  return [`${mark} ${title} ${paint(`(${printable(outcome.detail)}${more})`, 90, color)}`]
}

function renderFailure(failure: Failure, color: boolean, cures: string): string[] {
  const rows: [string, string | undefined][] = [
    ['URL', failure.url],
    ['status', failure.status?.toString()],
    ['expected', failure.expected],
    ['received', failure.received],
    ['body', failure.body === undefined ? undefined : excerpt(failure.body)],
    ['advice', failure.advice],
    ['more', `${cures}#${failure.finding}`],
  ]
  return rows.flatMap(([label, value]) => (value === undefined ? [] : [`    ${paint(label.padEnd(9), 90, color)} ${printable(value)}`]))
}

/** The last line of a report. */
export function renderSummary(tally: Tally, color: boolean): string {
  const counts = [
    `${tally.passed} passed`,
    `${tally.failed} failed`,
    `${tally.skipped} skipped`,
    tally.note === 1 ? '1 note' : `${tally.note} notes`,
  ]
  return paint(counts.join(', '), tally.failed === 0 ? 32 : 31, color)
}

/** The only line of a report that can't begin. */
export function renderRefusal(sentence: string, color: boolean): string {
  return `${paint(MARKS.failed, COLORS.failed, color)} ${printable(sentence)}`
}

export function paint(text: string, code: number, color: boolean): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text
}

/** The beginning of a body, without its secrets: people paste reports into issues. */
function excerpt(body: string): string {
  const hidden = body
    .replace(
      /"(client_secret|registration_access_token|access_token|refresh_token|id_token)"(\s*:\s*)"(?:[^"\\]|\\.)*"?/g,
      '"$1"$2"[hidden]"',
    )
    .replace(/\b(code|access_token|id_token)=[^&\s"'<]+/g, '$1=[hidden]')
  const characters = [...hidden.replace(/\s+/g, ' ').trim()]
  if (characters.length === 0) return '(empty)'
  return characters.length <= MAX_SHOWN_BODY ? characters.join('') : `${characters.slice(0, MAX_SHOWN_BODY).join('')}…`
}
