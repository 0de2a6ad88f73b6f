/**
 * Logs answers with 503: the first one with its cause, then every few seconds how many more there were, so that a flood of
 * requests doesn't flood the log. Owns no wording.
 */
import type { FastifyBaseLogger } from 'fastify'

/** How long answers with the same reason are only counted, in ms. */
const COUNTED_MS = 10_000

/** Logs or counts one answer. `log` is that of its request; `about` is called only if there is a line. */
export type OutageLog = (log: Pick<FastifyBaseLogger, 'error'>, about: () => object, reason: string) => void

/** @param total logs the counts, which belong to no request */
export function createOutageLog(total: Pick<FastifyBaseLogger, 'error'>, countedMs = COUNTED_MS): OutageLog {
  /** Answers since the last line, by reason. The reasons are a handful of our own sentences. */
  const counts = new Map<string, number>()

  function logCount(reason: string): void {
    const requests = counts.get(reason)!
    counts.delete(reason)
    if (requests > 0) total.error({ requests }, reason)
  }

  return (log, about, reason) => {
    const count = counts.get(reason)
    if (count !== undefined) return void counts.set(reason, count + 1)
    counts.set(reason, 0)
    log.error(about(), reason)
    setTimeout(logCount, countedMs, reason).unref()
  }
}
