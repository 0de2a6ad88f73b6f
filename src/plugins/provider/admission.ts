/** Asks whether somebody whom a provider describes may come in: at each login and each check. Owns no rule. */
import type { FastifyInstance } from 'fastify'
import { admit } from '../../domain/admission/admission.ts'
import type { Admission } from '../../domain/admission/admission.ts'
import { storedRules } from '../../domain/admission/admission-rule.ts'
import type { IdentityClaims } from '../../domain/provider/identity.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { User } from '../../domain/user/user.ts'

/** Somebody at the door; `user` if the account is theirs already, or becomes theirs. */
export interface Applicant {
  readonly provider: Provider
  readonly claims: IdentityClaims
  readonly user: User | undefined
}

export type Admit = (applicant: Applicant) => Promise<Admission>

/** People whom an operator made or invited need no rule; rules are read anew each time, so that a command counts at once. */
export function createAdmission(app: FastifyInstance): Admit {
  const configured = storedRules(app.settings.admit ?? [])
  return async ({ provider, claims, user }) => {
    const kept = await app.storage.admissionRules.list()
    const rules = [...configured, ...storedRules(kept.map(({ rule }) => rule))]
    return admit({ provider, claims }, rules, user !== undefined && user.origin !== 'provider')
  }
}
