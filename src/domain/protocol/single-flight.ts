/** Work that several callers need at the same time is done once, and all of them get its result. */

export interface SingleFlight<T> {
  /** Starts the work, unless it is already under way. */
  join(work: () => Promise<T>): Promise<T>
  /** What is under way, if anything. */
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

/** The same for each key. */
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
