/** Decorates `app.keyset` (what verifiers see), `app.jwt` (what signs), `app.transactionKey` and `app.subjectOf()`. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Client } from '../../domain/records.ts'
import { subjectOf } from '../../domain/subject.ts'
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
    /** The `sub` by which a client knows a user: the same wherever it reads one. */
    subjectOf(client: Client, userId: string): string
  }
}

const keys: FastifyPluginAsync<{ keyset: Keyset; secret: string }> = async (app, { keyset, secret }) => {
  app.decorate('keyset', keyset)
  app.decorate('jwt', createJwt(keyset, app.settings.issuer, app.settings.accessTokenAlg))
  app.decorate('transactionKey', deriveKey(secret, 'transactions'))
  const subjectKey = deriveKey(secret, 'pairwise subjects')
  app.decorate('subjectOf', ({ metadata }, userId) => subjectOf(metadata, userId, subjectKey))
}
export default fp(keys, { name: 'keys', dependencies: ['settings'] })
