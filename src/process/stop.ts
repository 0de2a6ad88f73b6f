/** Ends the process: gracefully after a signal, with exit code 1 after an unforeseen error. */
import type { FastifyInstance } from 'fastify'

/** The most that stopping may take, in milliseconds. Requests get less (plugins/kernel/graceful-close.ts); the rest is for the database. */
const STOP_MS = 9500
/** A signal that comes again within this many milliseconds is the same one: Ctrl-C reaches npm and this process, and npm forwards it. */
const ECHO_MS = 1000

/** Makes SIGTERM, SIGINT and SIGHUP stop the process gracefully (exit code 0), and a second one immediately (exit code 1). */
export function stopGracefully(
  app: Pick<FastifyInstance, 'close' | 'log'>,
  { exit = process.exit, stopMs = STOP_MS }: { readonly exit?: (code: number) => void; readonly stopMs?: number } = {},
): void {
  let stopping: { readonly signal?: string; readonly at: number } | undefined

  function stop(code: number, signal?: string): void {
    stopping = { at: performance.now(), ...(signal !== undefined && { signal }) }
    setTimeout(() => {
      app.log.error('stopping took too long: exiting now')
      exit(1)
    }, stopMs).unref()
    app.close().then(
      () => exit(code),
      (error: unknown) => {
        app.log.error({ err: error }, 'stopping failed')
        exit(1)
      },
    )
  }

  function onSignal(signal: string): void {
    if (stopping === undefined) {
      app.log.info(`${signal}: finishing requests in progress, then stopping`)
      return stop(0, signal)
    }
    if (stopping.signal === signal && performance.now() - stopping.at < ECHO_MS) return
    app.log.warn(`${signal} again: exiting now`)
    exit(1)
  }

  function onError(error: unknown): void {
    app.log.fatal({ err: error }, 'unforeseen error: stopping')
    if (stopping === undefined) stop(1)
    else exit(1)
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
  process.on('uncaughtException', onError)
  process.on('unhandledRejection', onError)
}
