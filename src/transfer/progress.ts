/** How far a move has come: a line that moves in a terminal, else a line for each table. */
import type { OnProgress } from './export.ts'

/** The moving line is written anew at most this often, in ms. */
const INTERVAL_MS = 100

/** @param now milliseconds of any clock that only goes forward */
export function showProgress(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined },
  now: () => number = () => performance.now(),
): OnProgress {
  const clear = stream.isTTY === true ? '\r\x1b[K' : ''
  let shownAt = -INTERVAL_MS
  return (table, records, over) => {
    const text = `${table}: ${records.toLocaleString('en')}`
    if (over) {
      if (records > 0) stream.write(`${clear}${text}\n`)
    } else if (clear !== '' && now() - shownAt >= INTERVAL_MS) {
      shownAt = now()
      stream.write(`${clear}${text} ...`)
    }
  }
}
