/** Shows the progress of an export or import: a line that is updated in a terminal, otherwise a line for each table. */
import type { OnProgress } from './export.ts'

/** The line is updated at most this often, in ms. */
const INTERVAL_MS = 100

/** @param now ms of a monotonic clock */
export function showProgress(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined },
  now: () => number = () => performance.now(),
): OnProgress {
  const clear = stream.isTTY === true ? '\r\x1b[K' : ''
  let shownAt = -INTERVAL_MS
  return (table, records, done) => {
    const text = `${table}: ${records.toLocaleString('en')}`
    if (done) {
      if (records > 0) stream.write(`${clear}${text}\n`)
    } else if (clear !== '' && now() - shownAt >= INTERVAL_MS) {
      shownAt = now()
      stream.write(`${clear}${text} ...`)
    }
  }
}
