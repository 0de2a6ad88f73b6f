/** New recovery codes in place of all earlier ones, shown this once. Owns how many; not who may have them, nor where they count. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { newRecoveryCode } from '../../crypto/one-time-codes.ts'
import { RECOVERY_CODES, formatRecoveryCode, hashRecoveryCode } from '../../domain/user/recovery-codes.ts'
import type { UserProfile } from '../../domain/user/user.ts'

/** @returns the codes as people read them */
export async function makeRecoveryCodes(
  app: FastifyInstance,
  request: FastifyRequest,
  { id, username }: Pick<UserProfile, 'id' | 'username'>,
): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode)
  const hashes = codes.map((code) => hashRecoveryCode(id, code)!)
  const about = { actor: `user ${username}`, userId: id, details: { user: username } }
  await app.storage.factors.saveRecoveryCodes(id, hashes, app.now(), app.audit.event(request, { name: 'recovery_codes.made', ...about }))
  return codes.map(formatRecoveryCode)
}
