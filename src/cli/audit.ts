/** `audit list` and `audit export`. */
import { parseDuration } from '../config/durations.ts'
import { printableJson } from '../domain/protocol/printable.ts'
import { plainText } from '../domain/protocol/text.ts'
import { summarize } from './terminal/summarize-details.ts'
import { exportEvents as readAll, followEvents as follow } from '../operations/audit.ts'
import type { ReadEvents } from '../operations/audit.ts'
import { CommandRefused } from './command.ts'
import type { Call, Terminal } from './command.ts'
import { valueOf } from './configured.ts'
import { askFor, withManagement } from './managed.ts'
import type { Ask, Item } from './managed.ts'
import { printJson, second } from './terminal/print.ts'
import { wrapText } from './terminal/wrap-text.ts'
import { isSet, readText } from './read-options.ts'

type Event = Item<'event.list'>

/** How many events are read at a time. */
const PAGE = '500'

/** Longest text about an event, in characters; `--json` shows all. */
const MAX_DETAILS = 160

/** As long as the instant that begins each line, with its blanks. */
const INDENT = 21

export async function listEvents(call: Call): Promise<void> {
  if (isSet(call, 'follow')) return followEvents(call)
  const query = { ...readWhose(call), since: instantOf(readSince(call)), limit: readText(call, 'limit') }
  const { items: events } = await askFor(call, 'event.list', { query })
  if (isSet(call, 'json')) return printJson(call, events)
  if (events.length === 0) return void call.output.write('No matching events.\n')
  printEvents(call, events)
}

/** One line for each event, or as many as it takes. */
export function printEvents({ output }: Call, events: readonly Event[]): void {
  const columns = output.isTTY === true ? output.columns : undefined
  for (const event of events) output.write(`${wrapText(describe(event), columns, INDENT)}\n`)
}

const readWhose = (call: Call) => ({ client: readText(call, 'client'), user: readText(call, 'user') })

/** One line for each event, until the reader is gone or a signal ends the command. */
async function followEvents(call: Call): Promise<void> {
  if (readText(call, 'limit') !== undefined) throw new CommandRefused('--limit makes no sense with --follow: every new event is shown.')
  const since = readSince(call)
  const gone = untilGone(call.output)
  const render = isSet(call, 'json') ? toJsonLine : toLine
  await withManagement(call, async (ask) => {
    for await (const event of follow(reader(call, ask), { now: Date.now, since }, gone)) call.output.write(render(event))
  })
}

/** JSON lines, the oldest first. */
export async function exportEvents(call: Call): Promise<void> {
  const since = readSince(call)
  const gone = untilGone(call.output)
  await withManagement(call, async (ask) => {
    for await (const event of readAll(reader(call, ask), since)) {
      if (gone.aborted) return
      if (!call.output.write(toJsonLine(event))) await drained(call.output)
    }
  })
}

/** Reads page by page, the oldest events first. */
const reader =
  (call: Call, ask: Ask): ReadEvents =>
  async ({ since, cursor }) => {
    const query = { ...readWhose(call), since: instantOf(since), cursor, limit: PAGE, oldest_first: 'true' as const }
    return valueOf(call, await ask('event.list', { query }))
  }

const instantOf = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString())

const toJsonLine = (event: Event): string => `${printableJson(event)}\n`
const toLine = (event: Event): string => `${describe(event)}\n`

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
function describe(event: Event): string {
  const { at, event: name, actor, address, client_id: clientId, details } = event
  const what = name.replaceAll(/[._]/g, ' ')
  const who = [actor, address, clientId].flatMap((part) => (part === undefined ? [] : plainText(part, 128)))
  const about = plainText([howOften(event), summarize({ name, details })].filter((part) => part !== '').join('; '), MAX_DETAILS)
  return `${second(Date.parse(at))}  ${what}, ${who.join(', ')}${about === '' ? '' : `: ${about}`}`
}

const howOften = ({ times, last_at: last }: Event): string =>
  last === undefined ? '' : `${times} times, last at ${second(Date.parse(last)).slice(11)}`

/** A duration before now, or a date. */
function readSince(call: Call): number | undefined {
  const since = readText(call, 'since')
  if (since === undefined) return undefined
  const seconds = parseDuration(since)
  const instant = seconds === undefined ? Date.parse(since) : Date.now() - seconds * 1000
  if (Number.isSafeInteger(instant)) return instant
  throw new CommandRefused('--since must be a duration such as 12h or 7d, or a date such as 2026-11-23.')
}
