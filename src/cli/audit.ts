/** `audit list` and `audit export`. */
import { parseDuration } from '../config/durations.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import { printableJson } from '../domain/protocol/printable.ts'
import { plainText } from '../domain/protocol/text.ts'
import { summarize } from './terminal/summarize-details.ts'
import * as operations from '../operations/audit.ts'
import { CommandRefused } from './command.ts'
import type { Call, Terminal } from './command.ts'
import { valueOf, withOperations } from './configured.ts'
import { printJson, second } from './terminal/print.ts'
import { wrapText } from './terminal/wrap-text.ts'
import { isSet, readNumber, readText } from './read-options.ts'

/** Longest text about an event, in characters; `--json` shows all. */
const MAX_DETAILS = 160

/** As long as the instant that begins each line, with its blanks. */
const INDENT = 21

export async function listEvents(call: Call): Promise<void> {
  if (isSet(call, 'follow')) return followEvents(call)
  const query = { clientId: readText(call, 'client'), since: readSince(call), limit: readNumber(call, 'limit') }
  const events = valueOf(call, await withOperations(call, (context) => operations.listEvents(context, query)))
  if (isSet(call, 'json')) return printJson(call, events.map(operations.eventJson))
  if (events.length === 0) return void call.output.write('No matching events.\n')
  const columns = call.output.isTTY === true ? call.output.columns : undefined
  for (const event of events) call.output.write(`${wrapText(describe(event), columns, INDENT)}\n`)
}

/** One line for each event, until the reader is gone or a signal ends the command. */
async function followEvents(call: Call): Promise<void> {
  if (readText(call, 'limit') !== undefined) throw new CommandRefused('--limit makes no sense with --follow: every new event is shown.')
  const query = { clientId: readText(call, 'client'), since: readSince(call) }
  const gone = untilGone(call.output)
  const render = isSet(call, 'json') ? toJsonLine : toLine
  await withOperations(call, async (context) => {
    for await (const event of operations.followEvents(context, query, gone)) call.output.write(render(event))
  })
}

/** JSON lines, the oldest first. */
export async function exportEvents(call: Call): Promise<void> {
  const query = { clientId: readText(call, 'client'), since: readSince(call) }
  const gone = untilGone(call.output)
  await withOperations(call, async (context) => {
    for await (const event of operations.exportEvents(context, query)) {
      if (gone.aborted) return
      if (!call.output.write(toJsonLine(event))) await drained(call.output)
    }
  })
}

const toJsonLine = (event: AuditEvent): string => `${printableJson(operations.eventJson(event))}\n`
const toLine = (event: AuditEvent): string => `${describe(event)}\n`

function untilGone(output: Terminal): AbortSignal {
  const gone = new AbortController()
  for (const name of ['close', 'error']) output.once(name, () => gone.abort())
  return gone.signal
}

const drained = (output: Terminal): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ['drain', 'close', 'error']) output.once(name, () => resolve())
  })

/** When (in UTC) and what, who did it from where by which client, and what it was about. */
function describe(event: AuditEvent): string {
  const { at, name, actor, address, clientId } = event
  const what = operations.eventName(name).replaceAll(/[._]/g, ' ')
  const who = [actor, address, clientId].flatMap((part) => (part === undefined ? [] : plainText(part, 128)))
  const about = plainText([howOften(event), summarize(event)].filter((part) => part !== '').join('; '), MAX_DETAILS)
  return `${second(at)}  ${what}, ${who.join(', ')}${about === '' ? '' : `: ${about}`}`
}

const howOften = ({ times, lastAt }: AuditEvent): string =>
  lastAt === undefined ? '' : `${times} times, last at ${second(lastAt).slice(11)}`

/** A duration before now, or a date. */
function readSince(call: Call): number | undefined {
  const since = readText(call, 'since')
  if (since === undefined) return undefined
  const seconds = parseDuration(since)
  const instant = seconds === undefined ? Date.parse(since) : Date.now() - seconds * 1000
  if (Number.isSafeInteger(instant)) return instant
  throw new CommandRefused('--since must be a duration such as 12h or 7d, or a date such as 2026-11-23.')
}
