/**
 * The log of answers with 503: the first one with its cause, then every few seconds how many more there were, so that a flood
 * of requests is none of lines. Owns no wording.
 */
import type { FastifyBaseLogger } from 'fastify'

/** How long lines of the same reason are counted instead, in ms. */
const COUNTED_MS = 10_000

/** Logs, or counts, one answer; `log` is that of its request, `about` is asked only if there is a line. */
export type OutageLog = (log: Pick<FastifyBaseLogger, 'error'>, about: () => object, reason: string) => void

/** @param total where counts go: they belong to no request */
export function createOutageLog(total: Pick<FastifyBaseLogger, 'error'>, countedMs = COUNTED_MS): OutageLog {
  /** Answers since the line, by reason: these are sentences of ours, a handful. */
  const counts = new Map<string, number>()

  function tell(reason: string): void {
    const requests = counts.get(reason)!
    counts.delete(reason)
    if (requests > 0) total.error({ requests }, reason)
  }

  return (log, about, reason) => {
    const count = counts.get(reason)
    if (count !== undefined) return void counts.set(reason, count + 1)
    counts.set(reason, 0)
    log.error(about(), reason)
    setTimeout(tell, countedMs, reason).unref()
  }
}
