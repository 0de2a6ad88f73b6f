/** A minimal replacement of an SDK of OpenTelemetry: spans that tests read, the context of calls, and W3C trace context. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api'
import type { Attributes, Context, ContextManager, Span, SpanKind, SpanStatus, TextMapPropagator, Tracer } from '@opentelemetry/api'

export interface RecordedSpan {
  readonly name: string
  readonly kind: SpanKind | undefined
  readonly attributes: Attributes
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  status: SpanStatus
  ended: boolean
}

const hex = (bytes: number) =>
  Array.from({ length: bytes * 2 }, () => Math.floor(Math.random() * 16).toString(16))
    .join('')
    .replace(/^0/, '1')

/** Registers it for this process, until the test ends. */
export function recordSpans(t: { teardown(fn: () => unknown): unknown }): RecordedSpan[] {
  const spans: RecordedSpan[] = []
  const tracer = {
    startSpan(name: string, options: { kind?: SpanKind; attributes?: Attributes } = {}, within: Context = context.active()) {
      const parent = trace.getSpanContext(within)
      const span: RecordedSpan = {
        name,
        kind: options.kind,
        attributes: { ...options.attributes },
        traceId: parent?.traceId ?? hex(16),
        spanId: hex(8),
        parentId: parent?.spanId,
        status: { code: SpanStatusCode.UNSET },
        ended: false,
      }
      spans.push(span)
      return {
        spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }),
        setAttribute: (key: string, value: string) => (span.attributes[key] = value),
        setStatus: (status: SpanStatus) => (span.status = status),
        end: () => (span.ended = true),
      } as unknown as Span
    },
  } as unknown as Tracer
  const storage = new AsyncLocalStorage<Context>()
  const manager = {
    disable: () => undefined,
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within: Context, work: (...args: unknown[]) => unknown, self: unknown, ...args: unknown[]) =>
      storage.run(within, () => work.apply(self, args)),
  } as unknown as ContextManager
  const propagator: TextMapPropagator<Record<string, string>> = {
    inject(within, carrier) {
      const { traceId, spanId } = trace.getSpanContext(within)!
      carrier['traceparent'] = `00-${traceId}-${spanId}-01`
    },
    extract(within, carrier) {
      const [, traceId, spanId] = carrier['traceparent']?.split('-') ?? []
      return traceId === undefined ? within : trace.setSpanContext(within, { traceId, spanId: spanId!, traceFlags: 1, isRemote: true })
    },
    fields: () => ['traceparent'],
  }
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
  context.setGlobalContextManager(manager)
  propagation.setGlobalPropagator(propagator)
  t.teardown(() => {
    for (const api of [trace, context, propagation]) api.disable()
  })
  return spans
}
