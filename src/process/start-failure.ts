/** Explains why the server or a command couldn't start, in a sentence that says what to do. */
import type { Config } from '../config/config.ts'
import { sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { StorageRefused, StorageUnavailable } from '../storage/storage.ts'

/** `undefined` for an unusual problem, which deserves its stack trace. */
export function explainStartFailure(error: unknown, config: Pick<Config, 'port' | 'host' | 'databaseUrl'>): string | undefined {
  if (!(error instanceof Error)) return undefined
  return explainDatabase(error, config) ?? explainNetwork(error, config) ?? explainInstallation(error)
}

function explainDatabase(error: Error, { databaseUrl }: Pick<Config, 'databaseUrl'>): string | undefined {
  if (error instanceof StorageRefused) return error.message
  if (!(error instanceof StorageUnavailable)) return undefined
  const path = sqlitePathOf(databaseUrl)
  if (path === undefined) return `The database can't be used now (${error.message}): check that it runs and can be reached, then try again.`
  return `The database ${path} can't be used now (${error.message}): check that its disk is neither full nor read-only.`
}

function explainNetwork(error: NodeJS.ErrnoException, { port, host }: Pick<Config, 'port' | 'host'>): string | undefined {
  const { code, syscall } = error
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use: stop the program that uses it, or set PORT to another one.`
    case 'EACCES':
      return syscall === 'listen' ? `Port ${port} may not be used by this account: set PORT to one above 1023.` : undefined
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return syscall === 'listen' || syscall === 'getaddrinfo'
        ? `HOST ${host} is not an address of this machine: set HOST to localhost, 0.0.0.0 or ::.`
        : undefined
    default:
      return undefined
  }
}

/** Missing files and packages: templates, migrations and packages are read at the start. */
function explainInstallation({ code, path, message }: NodeJS.ErrnoException): string | undefined {
  if (code === 'ENOENT' && path !== undefined)
    return `The program's file ${path} is missing: the installation is incomplete. Install it again.`
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return `A package is missing (${message.split('\n', 1)[0]}): run npm install.`
  return undefined
}
