/** A command that the test plays: what it was told, and what it says. Nothing is started. */
import { PassThrough, Writable } from 'node:stream'
import { mock } from 'node:test'
import type { FastifyBaseLogger } from 'fastify'
import type { Listener } from '#src/plugins/gate/commands/command-answer.ts'
import type { StartedCommand } from '#src/plugins/gate/commands/start-command.ts'

export interface PlayedCommand extends StartedCommand {
  /** The messages that it was told. */
  readonly told: Record<string, unknown>[]
  readonly signals: string[]
  readonly output: PassThrough
  readonly isClosed: boolean
  /** A message or a line of its output. */
  say(what: object | string): Promise<void>
  complain(text: string): Promise<void>
  exit(how?: string): Promise<void>
}

/** @param isDeaf whether it never reads */
export function playCommand(pid = 1, isDeaf = false): PlayedCommand {
  const told: Record<string, unknown>[] = []
  const signals: string[] = []
  let resolveEnded = (_how: string): void => undefined
  const ended = new Promise<string>((resolve) => (resolveEnded = resolve))
  const [output, errors] = [new PassThrough(), new PassThrough()]
  const input = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trimEnd().split('\n')) told.push(JSON.parse(line) as Record<string, unknown>)
      if (!isDeaf) done()
    },
  })
  return {
    pid,
    input,
    output,
    errors,
    ended,
    told,
    signals,
    signal: (name) => void signals.push(name),
    get isClosed() {
      return input.writableEnded
    },
    say: async (what) => {
      output.write(`${typeof what === 'string' ? what : JSON.stringify({ jsonrpc: '2.0', ...what })}\n`)
      await settled()
    },
    complain: async (text) => {
      errors.write(text)
      await settled()
    },
    exit: async (how = 'it exited with code 0') => {
      resolveEnded(how)
      await settled()
    },
  }
}

/** Time stands still until the test moves it; `settled` and streams go on. */
export function stopTimers(t: { teardown(fn: () => unknown): unknown }): typeof mock.timers {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => mock.timers.reset())
  return mock.timers
}

/** Until what was written is read. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

export interface PlayedListener extends Listener {
  readonly messages: string[]
  readonly responses: { readonly text: string; readonly code: number | undefined }[]
  isOver: boolean
}

/** What a client reads. */
export function createListener(): PlayedListener {
  const self: PlayedListener = {
    messages: [],
    responses: [],
    isOver: false,
    message: (text) => void self.messages.push(text),
    respond(text, code) {
      self.responses.push({ text, code })
      self.isOver = true
    },
    end: () => void (self.isOver = true),
  }
  return self
}

/** A log whose lines a test reads. */
export function createLog(): { log: FastifyBaseLogger; lines: { level: string; data: Record<string, unknown>; words: string }[] } {
  const lines: { level: string; data: Record<string, unknown>; words: string }[] = []
  const writer =
    (level: string) =>
    (data: Record<string, unknown>, words = '') =>
      void lines.push({ level, data, words })
  const log = { info: writer('info'), warn: writer('warn'), error: writer('error') } as never
  return { log, lines }
}
