/** Decorates `app.settings`: the configuration, and what follows from it for every plugin. Owns no reading (src/config). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/config.ts'
import { rpIdOf } from '../../domain/user/passkeys.ts'
import { isLoopbackHost } from '../../domain/protocol/loopback.ts'
import { issuerPath } from '../../domain/discovery/server-metadata.ts'

export interface ServerSettings extends Config {
  /** The issuer's path, in front of every route; `''` when it has none. */
  readonly base: string
  /** Whether cookies are `Secure` and `__Host-`. */
  readonly secure: boolean
  /** The host that browsers keep passkeys for; absent where there is none. */
  readonly rpId: string | undefined
  /** Whether only this computer reaches the server. */
  readonly isOwnMachine: boolean
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
    rpId: rpIdOf(config.issuer),
    isOwnMachine: isLoopbackHost(new URL(config.issuer).hostname),
  })
}
export default fp(settings, { name: 'settings' })
