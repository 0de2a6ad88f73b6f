/** A span for each request, if there is a tracer; decorates `app.traced` for what it waits for. Owns no other span. */
import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api'
import type { Tracer } from '@opentelemetry/api'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createTraced, untraced } from '../../../tracing/tracing.ts'
import type { Traced } from '../../../tracing/tracing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    traced: Traced
  }
}

const tracing: FastifyPluginAsync<{ tracer: Tracer | undefined }> = async (app, { tracer }) => {
  app.decorate('traced', tracer === undefined ? untraced : createTraced(tracer))
  if (tracer === undefined) return

  app.addHook('onRequest', (request, reply, done) => {
    const parent = propagation.extract(context.active(), request.headers)
    const route = request.is404 ? undefined : request.routeOptions.url
    const attributes = { 'http.request.method': request.method, ...(route !== undefined && { 'http.route': route }) }
    const span = tracer.startSpan([request.method, route].join(' ').trim(), { kind: SpanKind.SERVER, attributes }, parent)
    // Also if the client is gone before the answer is over.
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.raw.statusCode)
      if (reply.raw.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    })
    context.with(trace.setSpan(parent, span), done)
  })
}
export default fp(tracing, { name: 'tracing' })
