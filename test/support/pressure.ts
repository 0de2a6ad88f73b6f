/** An app that has as much to do as it can carry, and for as long as the test wants. */
import { AT_ONCE } from '#src/plugins/kernel/load-shedding.ts'
import { apiOf } from './api.ts'
import type { Api } from './api.ts'
import { createApp } from './app.ts'
import { stub } from './stub.ts'

export interface PressedApp extends Api {
  /** Keeps it at work on as many requests as it can carry. */
  press(): Promise<void>
  /** They are answered. */
  relieve(): Promise<void>
}

export async function pressed(t: Parameters<typeof createApp>[0], env: Record<string, string> = {}): Promise<PressedApp> {
  const made = await createApp(t, env)
  let release = (): void => undefined
  let answers: Promise<unknown>[] = []
  t.teardown(() => release())
  return {
    ...apiOf(made),
    async press() {
      const released = new Promise<void>((resolve) => (release = resolve))
      let arrived = 0
      let restore = (): void => undefined
      await new Promise<void>((resolve) => {
        const ping = () => {
          if (++arrived === AT_ONCE) resolve()
          return released
        }
        restore = stub(made.storage, { ping })
        answers = Array.from({ length: AT_ONCE }, () => made.app.inject('/readyz'))
      })
      restore()
    },
    async relieve() {
      release()
      await Promise.all(answers)
    },
  }
}
