/** Why the server didn't start, in a sentence that says what to do. */
import type { Config } from './config.ts'
import { StorageRefused, StorageUnavailable } from './storage/storage.ts'

/** `undefined` for what isn't an everyday problem: that deserves its stack trace. */
export function explainStartFailure(error: unknown, { port, host }: Config): string | undefined {
  if (error instanceof StorageRefused) return error.message
  if (error instanceof StorageUnavailable) return `The database can't be used now (${error.message}): is another process holding it?`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use: stop the program that uses it, or set PORT to another one.`
    case 'EACCES':
      return `Port ${port} may not be used by this account: set PORT to one above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAFNOSUPPORT':
      return `HOST ${host} is not an address of this machine: set HOST to localhost, 0.0.0.0 or ::.`
    default:
      return undefined
  }
}
