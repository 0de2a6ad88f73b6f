/** Defaults that depend on where the server runs. */
import type { Environment } from './kinds.ts'

/** Whether the server runs on Railway, by the variables that Railway sets. */
export function isRailway(env: Environment): boolean {
  return [env.RAILWAY_PUBLIC_DOMAIN, env.RAILWAY_ENVIRONMENT, env.RAILWAY_ENVIRONMENT_NAME].some((value) => value !== undefined)
}

/** The issuer if none is set: the public domain on Railway, otherwise this machine. A URL in normal form has no default port. */
export function defaultIssuer(env: Environment, port: unknown): string | undefined {
  const domain = env.RAILWAY_PUBLIC_DOMAIN
  if (domain !== undefined) return `https://${domain.toLowerCase()}`
  return typeof port === 'number' ? `http://localhost${port === 80 ? '' : `:${port}`}` : undefined
}

/** The database if none is set: a file in Railway's volume if there is one, otherwise below the working directory. */
export function embeddedDatabase(env: Environment): string {
  const folder = env.RAILWAY_VOLUME_MOUNT_PATH?.replace(/\/+$/, '') ?? './data'
  return `sqlite:${folder}/solar-system.db`
}
