/** What a database is called where its password must not be. */
import { resolve } from 'node:path'

const SQLITE = 'sqlite:'

/** `sqlite:` and the whole path, or the host and the name of a PostgreSQL database. */
export function databaseName(databaseUrl: string): string {
  if (databaseUrl === 'sqlite::memory:') return databaseUrl
  if (databaseUrl.startsWith(SQLITE)) return SQLITE + resolve(databaseUrl.slice(SQLITE.length))
  if (!URL.canParse(databaseUrl)) return databaseUrl // the configuration will refuse it
  const { host, pathname } = new URL(databaseUrl)
  return `postgres://${host}${pathname}`
}
