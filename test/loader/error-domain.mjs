/**
 * What tap's package `async-hook-domain` does: errors that nobody caught fail the test in whose course they came up. That package
 * follows every promise to its end, which took a tenth of the CPU time of tests. Node passes a store on by itself; where it got lost,
 * the newest test is taken.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage()
/** In the order in which they were made. */
const living = new Set()

const onException = (error) => report(error, 'uncaughtException')
const onRejection = (error) => report(error, 'unhandledRejection')

function report(error, type) {
  let domain = current.getStore()
  while (domain !== undefined && !living.has(domain)) domain = domain.parent
  domain ??= [...living].at(-1)
  domain.onerror(error, type)
}

export class Domain {
  /** @param onerror gets the error, and the event of `process` that it came by */
  constructor(onerror) {
    this.onerror = onerror
    this.parent = current.getStore()
    current.enterWith(this)
    living.add(this)
    if (living.size > 1) return
    process.on('uncaughtException', onException)
    process.on('unhandledRejection', onRejection)
  }

  /** Its errors are those of the test around it from now on; after the last one, Node ends the process as ever. */
  destroy() {
    if (!living.delete(this) || living.size > 0) return
    process.off('uncaughtException', onException)
    process.off('unhandledRejection', onRejection)
  }
}
