/** A recovery code, in the place of another second factor: it counts once, and never as a passkey (threat-model.md T23). */
import { CODE_AMR } from '../../../domain/authorization/authentication.ts'
import { hashRecoveryCode } from '../../../domain/user/recovery-codes.ts'
import type { LoginMethod } from './method.ts'

export const recoveryCode: LoginMethod = {
  name: 'recovery-code',
  factor: 'second',
  amr: CODE_AMR,
  counts: () => true,
  // The field for one-time codes takes these, too.
  askSecond: (_, { factors, missing }) => ({ model: missing === 'second-factor' && !factors.hasCodes ? { typed: 'recovery' } : {} }),
  async checkTyped(app, request, { id, username }, typed) {
    const hash = hashRecoveryCode(id, typed)
    if (hash === undefined) return undefined
    const about = { actor: `user ${username}`, userId: id, details: { user: username } }
    const event = app.audit.event(request, { ...about, name: 'recovery_code.used' })
    return app.storage.factors.useRecoveryCode(id, hash, app.now(), event)
  },
}
