/**
 * Spans of OpenTelemetry, if the operator has loaded an SDK (docs/observability.md). Without one there is nothing in between, and nothing is
 * measured: what no SDK would receive isn't even made.
 */
import { ProxyTracerProvider, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api'
import type { Attributes, Span, Tracer } from '@opentelemetry/api'
import { redactText } from '../logging/redaction.ts'

const NAME = 'solar-system-oauth-server'

/** Does the work in a span of its own; `headers` get what the receiver needs to go on with the trace. */
export type Traced = <T>(name: string, attributes: Attributes, work: () => Promise<T>, headers?: Record<string, unknown>) => Promise<T>

export const untraced: Traced = (_name, _attributes, work) => work()

/** `undefined` without an SDK. It has to be there before the server starts. */
export function findTracer(version: string): Tracer | undefined {
  const provider = trace.getTracerProvider()
  const none = new ProxyTracerProvider().getDelegate().constructor
  const isThere = !(provider instanceof ProxyTracerProvider) || provider.getDelegate().constructor !== none
  return isThere ? trace.getTracer(NAME, version) : undefined
}

export const createTraced =
  (tracer: Tracer): Traced =>
  async (name, attributes, work, headers) => {
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes })
    const within = trace.setSpan(context.active(), span)
    if (headers !== undefined) propagation.inject(within, headers)
    const fail = (error: unknown): never => {
      failSpan(span, error)
      throw error
    }
    return context
      .with(within, work)
      .catch(fail)
      .finally(() => span.end())
  }

export function failSpan(span: Span, error: unknown): void {
  const { name, message } = error as Error
  span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(`${name}: ${message}`) })
}

/** The trace that a request belongs to: that of its span, or else that of its sender. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  const own = trace.getActiveSpan()?.spanContext().traceId
  return own ?? /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/.exec(traceparent ?? '')?.[1]
}
