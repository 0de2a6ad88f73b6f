import type { Environment } from './kinds.ts'

/** Whether the platform is Railway, which says so itself. */
export function isRailway(env: Environment): boolean {
  return [env.RAILWAY_PUBLIC_DOMAIN, env.RAILWAY_ENVIRONMENT, env.RAILWAY_ENVIRONMENT_NAME].some((value) => value !== undefined)
}

/** The issuer where none is set: the public domain on Railway, else this machine. A default port isn't part of a normal URL. */
export function defaultIssuer(env: Environment, port: unknown): string | undefined {
  const domain = env.RAILWAY_PUBLIC_DOMAIN
  if (domain !== undefined) return `https://${domain.toLowerCase()}`
  return typeof port === 'number' ? `http://localhost${port === 80 ? '' : `:${port}`}` : undefined
}

/** The database where none is set: a file in the volume if there is one, else below the working directory. */
export function embeddedDatabase(env: Environment): string {
  const folder = env.RAILWAY_VOLUME_MOUNT_PATH?.replace(/\/+$/, '') ?? './data'
  return `sqlite:${folder}/solar-system.db`
}
