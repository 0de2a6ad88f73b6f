/** An app that can be put under pressure, without any: the moment at which the event loop is measured is the test's. */
import type {} from '@fastify/under-pressure'
import { apiOf } from './api.ts'
import type { Api } from './api.ts'
import { createApp } from './app.ts'

export interface PressedApp extends Api {
  /** The event loop stands still, as far as the measurement can tell. */
  press(): void
  /** It runs again. */
  relieve(): Promise<void>
}

export async function pressed(t: Parameters<typeof createApp>[0], env: Record<string, string> = {}): Promise<PressedApp> {
  // @fastify/under-pressure measures by a timer of its own; this keeps it from running by itself.
  const { setTimeout: real } = globalThis
  let measure: (() => void) | undefined
  const timer = { unref: () => timer, refresh: () => timer, [Symbol.toPrimitive]: () => 0 }
  globalThis.setTimeout = ((run: () => void, ms?: number) => {
    if (run.name !== 'beginMemoryUsageUpdate') return real(run, ms)
    measure = run
    return timer
  }) as typeof setTimeout
  const api = apiOf(await createApp(t, env, undefined, { measured: true }).finally(() => (globalThis.setTimeout = real)))
  if (measure === undefined) throw new Error('nothing measures the event loop')
  return {
    ...api,
    press() {
      measure!()
      measure!() // no turn of the event loop since the last time: it is blocked
    },
    async relieve() {
      const until = performance.now() + 5000
      while (performance.now() < until && api.app.isUnderPressure()) {
        await new Promise((resolve) => real(resolve, 15)) // one sample of the delay
        measure!()
      }
    },
  }
}
