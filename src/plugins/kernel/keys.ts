/**
 * Decorates `app.keyset` (what verifiers see), `app.jwt` (what signs) and `app.macKeys` (what this server signs for itself). Owns no
 * key material (crypto/).
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createJwt } from '../../crypto/jwt.ts'
import type { Jwt } from '../../crypto/jwt.ts'
import type { Keyset } from '../../crypto/keyset.ts'
import { deriveKey } from '../../crypto/secret.ts'
import type { MacKeys } from '../../domain/protocol/mac.ts'

declare module 'fastify' {
  interface FastifyInstance {
    keyset: Keyset
    jwt: Jwt
    /** Sign what only this server reads: transactions, logout forms, nonces, user codes. */
    macKeys: MacKeys
  }
}

const keys: FastifyPluginAsync<{ keyset: Keyset; secret: string }> = async (app, { keyset, secret }) => {
  app.decorate('keyset', keyset)
  app.decorate('jwt', createJwt(keyset, app.settings.issuer, app.settings.accessTokenAlg))
  const previous = app.settings.secretPrevious
  // The label stays, although the keys have more purposes since: with another one nothing signed before would verify.
  const derive = (from: string) => deriveKey(from, 'transactions')
  app.decorate('macKeys', previous === undefined ? [derive(secret)] : [derive(secret), derive(previous)])
}
export default fp(keys, { name: 'keys', dependencies: ['settings'] })
