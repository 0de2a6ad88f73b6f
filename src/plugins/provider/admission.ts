/** Asks whether somebody whom a provider describes may come in: at each login. Owns no rule (domain/admission/). */
import type { FastifyInstance } from 'fastify'
import { admit } from '../../domain/admission/admission.ts'
import type { Admission } from '../../domain/admission/admission.ts'
import { parseAdmissionRule } from '../../domain/admission/admission-rule.ts'
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

/** People whom an operator made or invited need no rule; whom a provider let in needs one each time. */
export function createAdmission(app: FastifyInstance): Admit {
  const { admit: configured = [] } = app.settings
  return async ({ provider, claims, user }) => {
    const kept = await app.storage.admissionRules.list()
    const rules = [...configured, ...kept.map(({ rule }) => rule)].flatMap((text) => {
      const parsed = parseAdmissionRule(text)
      /* c8 ignore next -- only what parses is configured or kept */
      return parsed.ok ? parsed.value : []
    })
    return admit({ provider, claims }, rules, user !== undefined && user.origin !== 'provider')
  }
}
