/** `audit list`: who changed what, the newest first. */
import Table from 'cli-table3'
import { parseDuration } from '../config/durations.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import { plainText } from '../domain/protocol/text.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { parseLimit } from './limit.ts'

const LIMIT = { usual: 50, max: 10_000 }
/** Longest list of details in the table, in characters; `--json` shows all. */
const MAX_DETAILS = 160

export async function listEvents(call: Call): Promise<void> {
  const { client: clientId } = call.options
  const of = { clientId: typeof clientId === 'string' ? clientId : undefined, since: parseSince(call), limit: parseLimit(call, LIMIT) }
  const events = await withStorage(call, ({ auditEvents }) => auditEvents.list(of))
  if (call.options['json'] === true) call.output.write(`${JSON.stringify(events.map(renderEvent), undefined, 2)}\n`)
  else if (events.length === 0) call.output.write('Nothing of that kind is remembered.\n')
  else call.output.write(`${renderTable(events)}\n`)
}

/** So long ago, or a date. */
function parseSince({ options: { since } }: Call): number {
  if (typeof since !== 'string') return 0
  const seconds = parseDuration(since)
  const instant = seconds === undefined ? Date.parse(since) : Date.now() - seconds * 1000
  if (Number.isSafeInteger(instant)) return instant
  throw new CommandRefused('--since must be a duration such as 12h or 7d, or a date such as 2026-11-23.')
}

function renderEvent({ at, name, actor, address, clientId, details }: AuditEvent) {
  return { at: new Date(at).toISOString(), event: name, actor, address, client_id: clientId, details }
}

function renderTable(events: readonly AuditEvent[]): string {
  const table = new Table({
    head: ['When (UTC)', 'What', 'Who', 'From', 'Client', 'Details'],
    style: { head: [], border: [] },
    colWidths: [null, null, null, null, null, 60],
    wordWrap: true,
    wrapOnWordBoundary: false,
  })
  for (const { at, name, actor, address, clientId, details } of events) {
    // Strangers wrote some of it: what could move the cursor is taken out.
    const cells = [new Date(at).toISOString().slice(0, 19).replace('T', ' '), name, actor, address ?? '', clientId ?? '']
    table.push([...cells.map((cell) => plainText(cell, 128)), plainText(JSON.stringify(details), MAX_DETAILS)])
  }
  return table.toString()
}
