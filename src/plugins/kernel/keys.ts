/** Decorates `app.keyset` (what verifiers see), `app.jwt` (what signs), `app.transactionKeys` and `app.subjectOf()`. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Client } from '../../domain/client/client.ts'
import { subjectOf } from '../../domain/client/subject.ts'
import type { TransactionKeys } from '../../domain/authorization/transaction.ts'
import { createJwt } from '../../crypto/jwt.ts'
import type { Jwt } from '../../crypto/jwt.ts'
import type { Keyset } from '../../crypto/keyset.ts'
import { deriveKey } from '../../crypto/secret.ts'

declare module 'fastify' {
  interface FastifyInstance {
    keyset: Keyset
    jwt: Jwt
    /** Sign transactions and logout forms (HMAC-SHA256): the first one does, the others are still good. */
    transactionKeys: TransactionKeys
    /** The `sub` by which a client knows a user: the same wherever it reads one. */
    subjectOf(client: Client, userId: string): string
  }
}

const keys: FastifyPluginAsync<{ keyset: Keyset; secret: string }> = async (app, { keyset, secret }) => {
  app.decorate('keyset', keyset)
  app.decorate('jwt', createJwt(keyset, app.settings.issuer, app.settings.accessTokenAlg))
  const previous = app.settings.secretPrevious
  app.decorate('transactionKeys', [
    deriveKey(secret, 'transactions'),
    ...(previous === undefined ? [] : [deriveKey(previous, 'transactions')]),
  ])
  app.decorate('subjectOf', ({ metadata }, userId) => subjectOf(metadata, userId, keyset.subjectKey))
}
export default fp(keys, { name: 'keys', dependencies: ['settings'] })
