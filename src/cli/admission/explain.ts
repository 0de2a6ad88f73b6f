/** `admission explain`: what the rules say of an address, in sentences. */
import type { Admission, RefusalReason } from '../../domain/admission/admission.ts'
import { KNOWN } from '../../domain/admission/admission.ts'
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import { isSet } from '../read-options.ts'
import { printJson } from '../terminal/print.ts'

export async function explainAdmission(call: Call): Promise<void> {
  const [raw = ''] = call.positionals
  const explained = await askFor(call, 'admission.explain', { query: { email: raw } })
  if (isSet(call, 'json')) return printJson(call, explained)
  const { email, newcomer, depends, users } = explained
  call.output.write(`Somebody new with the verified address ${email}: ${sentence(newcomer)}\n`)
  if (!newcomer.admitted && depends.length > 0)
    call.output.write(`But what the provider says besides the address may let them in: ${depends.join(', ')}\n`)
  for (const { username, disabled, known, identities } of users) {
    call.output.write(`User ${username}${disabled ? ' (disabled)' : ''}${known ? ', made or invited by an operator' : ''}:\n`)
    if (identities.length === 0) call.output.write('  has no account at a provider.\n')
    for (const { provider, admission, failure } of identities)
      call.output.write(`  by ${provider}: ${sentence(admission)}${failure === undefined ? '' : ` The last check failed: ${failure}.`}\n`)
  }
}

function sentence(admission: Admission): string {
  if (!admission.admitted) return `does not come in: ${REASONS[admission.reason]}.`
  return admission.by === KNOWN ? 'comes in, and needs no rule.' : `comes in by ${admission.by}.`
}

export const REASONS: Readonly<Record<RefusalReason, string>> = {
  'no-rules': 'there is no rule, so only people whom you made or invited do',
  unverified: 'a rule names the address, but the provider does not vouch for it',
  guest: 'this is a guest of the tenant',
  overage: 'the provider left the groups out, because there are too many',
  'no-match': 'no rule names them',
}
