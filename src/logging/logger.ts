/** Structured logs (pino), formatted for people in a terminal. No log line holds a secret (threat-model.md T17). */
import { createRequire } from 'node:module'
import type { FastifyServerOptions } from 'fastify'
import type { PrettyStream } from 'pino-pretty'
import { escapeHidden, printable, printableLines } from '../domain/protocol/printable.ts'
import { describeError, redactMembers } from './redaction.ts'

export function loggerOptions(level: string, pretty: boolean): Exclude<NonNullable<FastifyServerOptions['logger']>, boolean> {
  return {
    level,
    // pino's own `redact` costs more than the rest of a line about a registration, and reaches only as deep as its paths.
    formatters: { log: (line) => redactMembers(line) as Record<string, unknown> },
    serializers: { err: (error: unknown) => (error instanceof Error ? describeError(error) : error) as never },
    // Every line passes here as it is written, so that no place that logs can forget it.
    hooks: { streamWrite: pretty ? printableLine : escapeHidden },
    ...(pretty && { stream: prettyStream() }),
  }
}

/** What is shown in a terminal is no JSON any more: it can't be escaped, only replaced. A stack keeps its lines. */
const printableLine = (line: string): string => `${JSON.stringify(shown('', JSON.parse(line)))}\n`

function shown(name: string, value: unknown): unknown {
  if (typeof value === 'string') return name === 'stack' ? printableLines(value) : printable(value)
  if (Array.isArray(value)) return value.map((each) => shown('', each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [printable(name), shown(name, member)]))
}

/** The level of warnings, in pino's numbers. */
const WARN = 40

/**
 * Writes synchronously in this thread: lines stay in order with other output, and none is lost when the process ends. An event is one
 * line; only a stack has more.
 *
 * @param destination standard output if left out
 */
export function prettyStream(destination?: NodeJS.WritableStream): PrettyStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty')
  const format = { translateTime: 'HH:MM:ss', ignore: 'pid,hostname,reqId', messageFormat: withReference, singleLine: true }
  return pretty({ ...format, sync: true, ...(destination !== undefined && { destination }) })
}

/** A line about a refusal ends with the reference that the error page shows; other lines would only get longer by it. */
export function withReference(line: Record<string, unknown>, key: string): string {
  const { level, error, reqId } = line
  const isRefusal = error !== undefined || Number(level) >= WARN
  return `${String(line[key])}${isRefusal && typeof reqId === 'string' ? ` [${reqId}]` : ''}`
}
