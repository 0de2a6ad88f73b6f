/** Measures and traces the calls of the database, as far as somebody asks. */
import type { Meter } from '../../metrics/meter.ts'
import { failureReason, observeBoth } from '../../storage/observed-driver.ts'
import type { Observe } from '../../storage/observed-driver.ts'
import { createTraced, findTracer } from '../../tracing/tracing.ts'
import { VERSION } from '../version.ts'

/** Looks on, so that nobody waits longer for a call that is measured. */
export function measureStorage(meter: Meter, elapsed = () => performance.now()): Observe {
  return ({ kind }, work) => {
    const begun = elapsed()
    const time = (): void => meter.time('storage', { kind }, (elapsed() - begun) / 1000)
    const outcome = work()
    outcome.then(time, (error: unknown) => {
      const reason = failureReason(error)
      if (reason !== undefined) meter.count('storageFailures', { reason })
      time()
    })
    return outcome
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
