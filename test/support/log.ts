/** The log of an app under test: production's options, kept in memory. */
import { loggerOptions } from '#src/logging/logger.ts'

export interface CapturedLog {
  /** What `createApp` takes as its logger. */
  readonly logger: ReturnType<typeof loggerOptions>
  /** Everything written so far. */
  text(): string
  lines(): Record<string, unknown>[]
}

export function captureLog(level = 'trace'): CapturedLog {
  const written: string[] = []
  const stream = { write: (line: string) => void written.push(line) }
  return {
    logger: { ...loggerOptions(level, false), stream },
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}
