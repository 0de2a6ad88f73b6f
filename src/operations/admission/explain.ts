/** What the rules say of an e-mail address, and of those who have it. */
import { admit } from '../../domain/admission/admission.ts'
import type { Admission } from '../../domain/admission/admission.ts'
import type { AdmissionRule } from '../../domain/admission/admission-rule.ts'
import { parseAddress } from '../../domain/admission/mail-address.ts'
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { OperationContext } from '../context.ts'
import { invalid } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { listAdmissionRules } from './admission.ts'

export interface Explanation {
  readonly email: string
  /** What happens when somebody comes whom a provider vouches to have the address, and nobody knows. */
  readonly newcomer: Admission
  /** The rules that need more than an address: with them, the provider decides. */
  readonly depends: readonly string[]
  /** The users who have the address already, each with the accounts at providers, as they were last described. */
  readonly users: readonly ExplainedUser[]
}

interface ExplainedUser {
  readonly username: string
  readonly disabled: boolean
  /** Made or invited by an operator: needs no rule. */
  readonly known: boolean
  readonly identities: readonly { readonly provider: string; readonly admission: Admission; readonly failure?: string | undefined }[]
}

export async function explainAdmission(context: OperationContext, email: string): Promise<Outcome<Explanation>> {
  const parsed = parseAddress(email)
  if (parsed === undefined) return invalid(`"${plainText(email, 100)}" is no e-mail address such as you@example.com.`)
  const listed = await listAdmissionRules(context)
  /* c8 ignore next -- listing has no problems of its own */
  if (!listed.ok) return listed
  const rules = listed.value.map(({ rule }) => rule)
  const { storage } = context
  const providers = await storage.providers.list()
  const users = await Promise.all(
    (await storage.users.findByEmail(parsed.address)).map(async ({ id, username, origin, disabledAt }): Promise<ExplainedUser> => {
      const known = origin !== 'provider'
      const identities = (await storage.identities.listOf(id)).map(({ providerId, claims, failure }) => {
        const provider = providers.find((each) => each.id === providerId)!
        return { provider: provider.name, admission: admit({ provider, claims }, rules, known), failure }
      })
      return { username, disabled: disabledAt !== undefined, known, identities }
    }),
  )
  return ok({ email: parsed.address, newcomer: newcomer(parsed.address, rules), depends: rules.filter(needsProvider).map(textOf), users })
}

/** Somebody of whom nothing is known but a verified address. */
function newcomer(email: string, rules: readonly AdmissionRule[]): Admission {
  const claims = { issuer: '', subject: '', email, emailVerified: true, organizations: [], teams: [], named: {} }
  return admit({ provider: { name: '', kind: 'oidc' }, claims }, rules)
}

const needsProvider = ({ kind }: AdmissionRule): boolean => kind !== 'email' && kind !== 'domain'
const textOf = ({ text }: AdmissionRule): string => text
