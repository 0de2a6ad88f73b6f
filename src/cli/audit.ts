/** `audit list`. */
import { parseDuration } from '../config/durations.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import { plainText } from '../domain/protocol/text.ts'
import { summarize } from './terminal/summarize-details.ts'
import * as operations from '../operations/audit.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { valueOf, withOperations } from './configured.ts'
import { printJson, printTable, second } from './terminal/print.ts'
import { isSet, readNumber, readText } from './read-options.ts'

/** Longest text about an event in the table, in characters; `--json` shows all. */
const MAX_DETAILS = 160

export async function listEvents(call: Call): Promise<void> {
  const query = { clientId: readText(call, 'client'), since: readSince(call), limit: readNumber(call, 'limit') }
  const events = valueOf(call, await withOperations(call, (context) => operations.listEvents(context, query)))
  if (isSet(call, 'json')) return printJson(call, events.map(operations.eventJson))
  if (events.length === 0) return void call.output.write('No matching events.\n')
  printTable(call, ['When (UTC)', 'What', 'Who', 'From', 'Client', 'Details'], events.map(row))
}

function row(event: AuditEvent): string[] {
  const { at, name, actor, address = '', clientId = '' } = event
  const cells = [second(at), operations.eventName(name), actor, address, clientId].map((cell) => plainText(cell, 128))
  return [...cells, plainText(summarize(event), MAX_DETAILS)]
}

/** A duration before now, or a date. */
function readSince(call: Call): number | undefined {
  const since = readText(call, 'since')
  if (since === undefined) return undefined
  const seconds = parseDuration(since)
  const instant = seconds === undefined ? Date.parse(since) : Date.now() - seconds * 1000
  if (Number.isSafeInteger(instant)) return instant
  throw new CommandRefused('--since must be a duration such as 12h or 7d, or a date such as 2026-11-23.')
}
