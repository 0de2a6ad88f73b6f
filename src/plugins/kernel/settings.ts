/** Decorates `app.settings`: the configuration, and what follows from it for every plugin. Owns no reading (src/config). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/config.ts'
import { issuerPath } from '../../domain/discovery/server-metadata.ts'

export interface ServerSettings extends Config {
  /** The issuer's path, in front of every route; `''` when it has none. */
  readonly base: string
  /** Whether cookies are `Secure` and `__Host-`. */
  readonly secure: boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    settings: ServerSettings
  }
}

const settings: FastifyPluginAsync<{ config: Config }> = async (app, { config }) => {
  app.decorate('settings', {
    ...config,
    base: issuerPath(config.issuer),
    secure: config.issuer.startsWith('https:'),
  })
}
export default fp(settings, { name: 'settings' })
