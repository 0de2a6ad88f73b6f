/** What a database is called where its password must not be. */
import { resolve } from 'node:path'
import { isInMemory, sqlitePathOf } from '../domain/protocol/sqlite-path.ts'

/** `sqlite:` and the whole path, or the host and the name of a PostgreSQL database. */
export function databaseName(databaseUrl: string): string {
  const path = sqlitePathOf(databaseUrl)
  if (path !== undefined) return isInMemory(databaseUrl) ? databaseUrl : `sqlite:${resolve(path)}`
  if (!URL.canParse(databaseUrl)) return databaseUrl // the configuration will refuse it
  const { host, pathname } = new URL(databaseUrl)
  return `postgres://${host}${pathname}`
}
