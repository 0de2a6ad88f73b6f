/** A code of an app, as a second factor (RFC 6238): it counts once on all nodes. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { stepOf } from '../../../crypto/one-time-codes.ts'
import { decrypt } from '../../../crypto/secret.ts'
import { CODE_AMR } from '../../../domain/authorization/authentication.ts'
import type { LoginMethod } from './method.ts'

export const oneTimeCode: LoginMethod = {
  name: 'one-time-code',
  factor: 'second',
  amr: CODE_AMR,
  isSetUp: true,
  counts: ({ secondFactor }) => secondFactor !== 'off',
  askSecond: (_, { factors, missing }) => ({ model: missing === 'second-factor' && factors.hasCodes ? { typed: 'code' } : {} }),
  async checkTyped(app, request, { id }, typed) {
    const { factors } = app.storage
    const { codes } = await factors.listOf(id)
    const secret = oneTimeCode.counts(app.settings) ? codes && openSecret(app, request, codes.secret) : undefined
    const step = secret === undefined ? undefined : stepOf(secret, typed, app.now())
    return step === undefined ? undefined : factors.useStep(id, step)
  },
}

/** After `keys reset` nothing opens it: then only recovery codes count, or an operator's help. */
function openSecret(app: FastifyInstance, request: FastifyRequest, sealed: string): string | undefined {
  try {
    return decrypt(sealed, app.keyset.codeKey)
  } catch {
    request.log.error('the secret of one-time codes was sealed with another key: reset the second factor of this user')
    return undefined
  }
}
