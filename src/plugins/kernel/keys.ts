/** Decorates `app.keyset` (what verifiers see), `app.jwt` (what signs), `app.macKeys` and `app.subjectOf()`. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Client } from '../../domain/client/client.ts'
import { subjectOf } from '../../domain/client/subject.ts'
import type { MacKeys } from '../../domain/protocol/mac.ts'
import { createJwt } from '../../crypto/jwt.ts'
import type { Jwt } from '../../crypto/jwt.ts'
import type { Keyset } from '../../crypto/keyset.ts'
import { deriveKey } from '../../crypto/secret.ts'

declare module 'fastify' {
  interface FastifyInstance {
    keyset: Keyset
    jwt: Jwt
    /** Authenticate what this server hands out to itself: transactions, logout forms, nonces, user codes. */
    macKeys: MacKeys
    /** The `sub` by which a client knows a user: the same wherever it reads one. */
    subjectOf(client: Client, userId: string): string
  }
}

const keys: FastifyPluginAsync<{ keyset: Keyset; secret: string }> = async (app, { keyset, secret }) => {
  app.decorate('keyset', keyset)
  app.decorate('jwt', createJwt(keyset, app.settings.issuer, app.settings.accessTokenAlg))
  const previous = app.settings.secretPrevious
  // The label is older than the other purposes: what was signed with another one would no longer verify.
  const derive = (from: string) => deriveKey(from, 'transactions')
  app.decorate('macKeys', previous === undefined ? [derive(secret)] : [derive(secret), derive(previous)])
  app.decorate('subjectOf', ({ metadata }, userId) => subjectOf(metadata, userId, keyset.subjectKey))
}
export default fp(keys, { name: 'keys', dependencies: ['settings'] })
