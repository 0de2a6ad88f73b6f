/** Decorates `app.keyset` (what verifiers see), `app.jwt` (what signs) and `app.transactionKey`. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createJwt } from '../../keys/jwt.ts'
import type { Jwt } from '../../keys/jwt.ts'
import type { Keyset } from '../../keys/keyset.ts'
import { deriveKey } from '../../keys/secret.ts'

declare module 'fastify' {
  interface FastifyInstance {
    keyset: Keyset
    jwt: Jwt
    /** Signs transactions and logout forms (HMAC-SHA256). */
    transactionKey: Buffer
  }
}

const keys: FastifyPluginAsync<{ keyset: Keyset; secret: string }> = async (app, { keyset, secret }) => {
  app.decorate('keyset', keyset)
  app.decorate('jwt', createJwt(keyset, app.settings.issuer, app.settings.accessTokenAlg))
  app.decorate('transactionKey', deriveKey(secret, 'transactions'))
}
export default fp(keys, { name: 'keys', dependencies: ['settings'] })
