/** Asks whether somebody whom a provider describes may come in: at each login. Owns no rule. */
import type { IdentityClaims } from '../../domain/provider/identity.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { User } from '../../domain/user/user.ts'

/** Somebody at the door; `user` if the account is theirs already, or becomes theirs. */
export interface Applicant {
  readonly provider: Provider
  readonly claims: IdentityClaims
  readonly user: User | undefined
}

export type Admission =
  | { readonly admitted: true; /** The rule that holds. */ readonly by: string }
  | { readonly admitted: false; readonly reason: string; /** The rules that could have held. */ readonly missing: readonly string[] }

export type Admit = (applicant: Applicant) => Promise<Admission>

/** Without a rule, people come in who exist here. */
export function createAdmission(): Admit {
  return async ({ user }) => (user === undefined ? { admitted: false, reason: 'no-rules', missing: [] } : { admitted: true, by: 'known' })
}
