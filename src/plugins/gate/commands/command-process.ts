/** A command that runs: its lines, both ways (stdio transport). Owns that it ends; not what the lines say (conversation.ts). */
import { StringDecoder } from 'node:string_decoder'
import type { FastifyBaseLogger } from 'fastify'
import { createLineSplitter } from '../../../domain/gate/command/line-splitter.ts'
import { redactText } from '../../../logging/redaction.ts'
import type { StartedCommand } from './start-command.ts'

export interface CommandProcess {
  readonly pid: number
  send(line: string): void
  /** Closes its input, then ends it by signals, which follow each other in so many ms. */
  end(reason: string, patienceMs?: number): void
  /** Why it ended, in words. */
  readonly ended: Promise<string>
}

/** The longest line of a command, in bytes: each is held as a whole. */
export const MOST_LINE = 16 * 1024 * 1024
/** How much may wait for a process that doesn't read, in bytes. */
const MOST_WAITING = 16 * 1024 * 1024
/** The longest line of the log that a process writes, in characters, and how many lines in a minute. */
const LOG_LINE = 1000
const LOG_LINES = 200
/** How long a process may take once its input has ended, and again once it got SIGTERM, in ms. */
const PATIENCE_MS = 2000

/** @param onLine called for each line of its output */
export function watchCommand(started: StartedCommand, log: FastifyBaseLogger, onLine: (line: string) => void): CommandProcess {
  const { pid, input, output, errors } = started
  const lines = createLineSplitter(MOST_LINE)
  let why: string | undefined
  const timers: NodeJS.Timeout[] = []

  function end(reason: string, patienceMs = PATIENCE_MS): void {
    if (why !== undefined) return
    why = reason
    input.end()
    timers.push(
      setTimeout(() => started.signal('SIGTERM'), patienceMs),
      setTimeout(() => started.signal('SIGKILL'), 2 * patienceMs),
    )
  }

  // A process that is gone is noticed by its end.
  for (const stream of [input, output, errors]) stream.on('error', () => undefined)
  output.on('data', (chunk: Buffer) => {
    if (why !== undefined) return
    const found = lines.push(chunk)
    if (found === undefined) return end('it wrote a line that is too long', 0)
    for (const line of found) if (line.trim() !== '') onLine(line)
  })
  logLines(errors, (line) => log.info({ pid }, redactText(line)))

  const ended = started.ended.then((how) => {
    for (const timer of timers) clearTimeout(timer)
    return why ?? how
  })
  return {
    pid,
    send(line) {
      if (why !== undefined) return
      input.write(`${line}\n`)
      if (input.writableLength > MOST_WAITING) end("it doesn't read its input", 0)
    },
    end,
    ended,
  }
}

/** What a command says on standard error: as much as a log can bear. */
function logLines(stream: StartedCommand['errors'], write: (line: string) => void): void {
  const decoder = new StringDecoder()
  let rest = ''
  let since = 0
  let count = 0
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop()!.slice(0, LOG_LINE)
    for (const line of lines) {
      const now = performance.now()
      if (now - since > 60_000) [since, count] = [now, 0]
      if (line.trim() === '' || ++count > LOG_LINES) continue
      write(count === LOG_LINES ? 'the command writes too much: the rest of this minute is left out' : line.slice(0, LOG_LINE).trimEnd())
    }
  })
}
