/** Waits for work of others, but not for long. */

/** What the work results in, or `undefined` after `ms` milliseconds; then the work goes on, and its caller no longer waits. */
export function inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, undefined)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
