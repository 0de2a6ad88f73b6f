/** What a provider said of somebody, and what would come of it, as lines. */
import { KNOWN } from '../../domain/admission/admission.ts'
import { about, open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found, ProviderFinding } from '../../domain/provider/provider-finding.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { TrialResult } from '../../operations/providers/trial.ts'
import { REASONS } from '../admission/explain.ts'

/** Longest claim that is shown, in characters. */
const MAX_SHOWN = 400

export function describeLogin(result: TrialResult): ProviderFinding[] {
  const { claims, canBeAskedAgain } = result
  const { issuer, subject, email, emailVerified } = claims
  const address = email === undefined ? 'no address' : `${email}, ${emailVerified ? 'verified' : 'which the provider does not vouch for'}`
  const found: Found[] = [right(`account ${subject} of ${issuer}: ${address}`)]
  for (const [name, value] of Object.entries(claims.named))
    found.push(right(`claim ${name}: ${plainText(JSON.stringify(value), MAX_SHOWN)}`))
  if (!canBeAskedAgain)
    found.push(
      open(
        "the provider gave no refresh token, so it can't be asked again about this account",
        'Somebody who is switched off there keeps access for PROVIDER_GRACE after the login.',
      ),
    )
  return [...found.map((each) => about('login', each)), about('login', verdictOf(result))]
}

function verdictOf({ admission, owner, isDisabled }: TrialResult): Found {
  if (!admission.admitted) {
    const missing = admission.missing.length === 0 ? '' : ` One of these has to hold: ${admission.missing.join(', ')}.`
    return wrong(`this account does not come in: ${REASONS[admission.reason]}`, `Add a rule with: admission add.${missing}`)
  }
  if (owner.kind === 'taken')
    return wrong(
      'this account does not come in: another user here has its address',
      'If they are one person whom you made, give the provider the domain: provider update --domain.',
    )
  if (!('user' in owner)) return right(`comes in by ${admission.by}, as somebody new`)
  const { username } = owner.user
  if (isDisabled) return wrong(`user ${username} is disabled`, `Let them in again: user enable ${username}`)
  const how = admission.by === KNOWN ? 'needs no rule' : `by ${admission.by}`
  return right(owner.kind === 'link' ? `is linked to user ${username}, and comes in (${how})` : `user ${username} comes in (${how})`)
}
