/** Measures the calls of the database. */
import type { Meter } from '../../metrics/meter.ts'
import { failureReason } from '../../storage/observed-driver.ts'
import type { Observe } from '../../storage/observed-driver.ts'

export function measureStorage(meter: Meter, elapsed = () => performance.now()): Observe {
  return async ({ kind }, work) => {
    const begun = elapsed()
    try {
      return await work()
    } catch (error) {
      const reason = failureReason(error)
      if (reason !== undefined) meter.count('storageFailures', { reason })
      throw error
    } finally {
      meter.time('storage', { kind }, (elapsed() - begun) / 1000)
    }
  }
}
