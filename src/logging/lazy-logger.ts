/**
 * A request's logger, created when it first logs: most requests log nothing, and a child of pino costs as much as several
 * hooks. Owns no format and no level.
 */
import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'

type ChildLoggerFactory = NonNullable<FastifyServerOptions['childLoggerFactory']>
type Method = (...args: unknown[]) => void

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

interface Leveled {
  isLevelEnabled?(level: Level): boolean
}

/** Holds what the child needs. The methods are on the prototype, so that a request costs one small object. */
class LazyLogger {
  readonly parent: FastifyBaseLogger & Leveled
  readonly make: () => FastifyBaseLogger
  made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, make: () => FastifyBaseLogger) {
    this.parent = parent
    this.make = make
  }

  get level(): string {
    return this.parent.level
  }

  write(level: Level, args: unknown[]): void {
    if (this.parent.isLevelEnabled?.(level) === false) return
    const child = (this.made ??= this.make())
    ;(child[level] as Method)(...args)
  }

  fatal(...args: unknown[]): void {
    this.write('fatal', args)
  }
  error(...args: unknown[]): void {
    this.write('error', args)
  }
  warn(...args: unknown[]): void {
    this.write('warn', args)
  }
  info(...args: unknown[]): void {
    this.write('info', args)
  }
  debug(...args: unknown[]): void {
    this.write('debug', args)
  }
  trace(...args: unknown[]): void {
    this.write('trace', args)
  }
  silent(): void {}

  child(bindings: object, options?: object): FastifyBaseLogger {
    return (this.made ??= this.make()).child(bindings, options)
  }
}

/** @param traceIdOf the trace of a request, which its lines name; asked once it logs */
export const createLazyLogger =
  (traceIdOf: (traceparent: string | undefined) => string | undefined): ChildLoggerFactory =>
  (parent, bindings, options, request) =>
    new LazyLogger(parent as FastifyBaseLogger & Leveled, () => {
      const traceId = traceIdOf(request.headers['traceparent']?.toString())
      return parent.child(traceId === undefined ? bindings : { ...bindings, traceId }, options)
    }) as unknown as FastifyBaseLogger
