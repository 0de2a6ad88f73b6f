/** Does work that several callers need at the same time once, and gives all of them the result. */

export interface SingleFlight<T> {
  /** Starts the work, unless it is already running. */
  join(work: () => Promise<T>): Promise<T>
  /** The running work, if any. */
  readonly current: Promise<T> | undefined
}

export function createSingleFlight<T>(): SingleFlight<T> {
  let current: Promise<T> | undefined
  return {
    join: (work) => (current ??= work().finally(() => (current = undefined))),
    get current() {
      return current
    },
  }
}

/** A single flight for each key. */
export function createSingleFlights<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, Promise<T>>()
  return (key, work) => {
    const current = flights.get(key)
    if (current !== undefined) return current
    const started = work().finally(() => flights.delete(key))
    flights.set(key, started)
    return started
  }
}
