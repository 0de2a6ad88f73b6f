/** An examination as text: each step as it ends, then every client, then the last line. */
import { printable } from '../domain/protocol/printable.ts'
import type { Verdict } from './diagnosis.ts'
import type { Diagnosis, Progress } from './doctor.ts'
import { paint, renderOutcome } from './outcome-report.ts'
import { printOutcomes } from './print-outcomes.ts'
import type { Outcome } from './probe/step.ts'

const VERDICTS: Readonly<Record<Verdict, { readonly mark: string; readonly color: number; readonly words: string }>> = {
  works: { mark: '✓', color: 32, words: 'works' },
  stopped: { mark: '✗', color: 31, words: 'is stopped by' },
  'out-of-reach': { mark: '!', color: 33, words: 'needs a public https address' },
}

/** Writes each step as it ends. A failure that comes again is named only. */
export function printProgress(write: (line: string) => void, color: boolean, cures?: string): Progress {
  const shown = new Set<string>()
  const printed = printOutcomes(write, renderOnce)
  return {
    section(title) {
      printed.end()
      write('')
      write(paint(printable(title), 1, color))
    },
    ...printed,
  }

  function renderOnce(title: string, outcome: Outcome): string[] {
    const lines = renderOutcome(title, outcome, color, cures)
    const again = outcome.kind === 'failed' && shown.has(`${outcome.finding} ${outcome.received}`)
    if (outcome.kind === 'failed') shown.add(`${outcome.finding} ${outcome.received}`)
    return again ? [`${lines[0]} (${outcome.finding}, as above)`] : lines
  }
}

/** The verdicts, the clients that could not be deleted, and the last line. */
export function renderDiagnosis({ kind, clients, remainingClients, checked, withLogin }: Diagnosis, color: boolean): string[] {
  if (!checked) return ['', paint('Nothing answered, so nothing could be checked.', 31, color)]
  const width = Math.max(...clients.map(({ name }) => name.length))
  const rows = clients.map(({ name, verdict, findings }) => {
    const { mark, color: code, words } = VERDICTS[verdict]
    const by = verdict === 'stopped' ? ` ${findings.filter((each) => each !== 'local-address').join(', ')}` : ''
    return `${paint(mark, code, color)} ${name.padEnd(width)}  ${words}${by}`
  })
  const count = (wanted: Verdict) => clients.filter(({ verdict }) => verdict === wanted).length
  const stopped = count('stopped')
  const summary = `${count('works')} of ${clients.length} clients work, ${stopped} stopped, ${count('out-of-reach')} out of reach`
  const remaining =
    remainingClients.length === 0 ? [] : ['', `Clients that stay until the server removes them: ${printable(remainingClients.join(', '))}`]
  // Only a token shows, for example, whether the MCP server accepts its audience.
  const untried = kind === 'mcp-server' && !withLogin ? ['', 'Whether the MCP server takes a token was not tried: add --login.'] : []
  return ['', paint('The clients', 1, color), ...rows, ...remaining, ...untried, '', paint(summary, stopped === 0 ? 32 : 31, color)]
}
