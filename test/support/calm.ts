/** Apps that never take a busy machine for a busy server: tests share their processor with other tests. */

/**
 * Makes an app whose measure of the event loop (@fastify/under-pressure) doesn't run. A starved process would else
 * answer 503 for a second, whatever is tested.
 */
export async function calmly<T>(make: () => Promise<T>): Promise<T> {
  const { setTimeout: real } = globalThis
  const idle = { unref: () => idle, refresh: () => idle, [Symbol.toPrimitive]: () => 0 }
  globalThis.setTimeout = ((run: () => void, ...rest: []) => (run.name === 'beginMemoryUsageUpdate' ? idle : real(run, ...rest))) as typeof setTimeout
  return make().finally(() => (globalThis.setTimeout = real))
}
