/** Measures and traces the calls of the database, as far as somebody asks. */
import type { Meter } from '../../metrics/meter.ts'
import { failureReason, observeBoth } from '../../storage/observed-driver.ts'
import type { Observe } from '../../storage/observed-driver.ts'
import { createTraced, findTracer } from '../../tracing/tracing.ts'
import { VERSION } from '../version.ts'

export function measureStorage(meter: Meter, elapsed = () => performance.now()): Observe {
  return async ({ kind }, work) => {
    const begun = elapsed()
    const count = (error: unknown): never => {
      const reason = failureReason(error)
      if (reason !== undefined) meter.count('storageFailures', { reason })
      throw error
    }
    return work()
      .catch(count)
      .finally(() => meter.time('storage', { kind }, (elapsed() - begun) / 1000))
  }
}

/** `undefined` if nobody asks: then nothing is in between. */
export function observeStorage(meter: Meter | undefined, tracer = findTracer(VERSION)): Observe | undefined {
  const measured = meter && measureStorage(meter)
  if (tracer === undefined) return measured
  const traced = createTraced(tracer)
  const traces: Observe = ({ kind, statement }, work) =>
    traced(`storage ${kind}`, statement === undefined ? {} : { 'db.query.text': statement.trim().replace(/\s+/g, ' ') }, work)
  return measured === undefined ? traces : observeBoth(measured, traces)
}
