/** Measures and traces the calls of the database, as far as somebody asks. */
import type { Meter } from '../../metrics/meter.ts'
import type { OnCall } from '../../storage/driver.ts'
import { failureReason } from '../../storage/observed-driver.ts'
import type { Observe } from '../../storage/observed-driver.ts'
import type { Watched } from '../../storage/open.ts'
import { createTraced, findTracer } from '../../tracing/tracing.ts'
import { VERSION } from '../version.ts'

export function measureStorage(meter: Meter): OnCall {
  const timers = { read: meter.timer('storage', { kind: 'read' }), write: meter.timer('storage', { kind: 'write' }) }
  return (kind, ms, error) => {
    timers[kind](ms / 1000)
    const reason = error === undefined ? undefined : failureReason(error)
    if (reason !== undefined) meter.count('storageFailures', { reason })
  }
}

/** `undefined` without an SDK: then nothing is in between. */
export function traceStorage(tracer = findTracer(VERSION)): Observe | undefined {
  if (tracer === undefined) return undefined
  const traced = createTraced(tracer)
  return ({ kind, statement }, work) =>
    traced(`storage ${kind}`, statement === undefined ? {} : { 'db.query.text': statement.trim().replace(/\s+/g, ' ') }, work)
}

export const watchStorage = (meter: Meter | undefined): Watched => ({ onCall: meter && measureStorage(meter), observe: traceStorage() })
