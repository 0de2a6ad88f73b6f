/**
 * Refusals for want of a right. What a token may gain, its client can ask for (RFC 6750 section 3.1, RFC 9470 section 3). What access rules
 * deny it can't: a challenge would send the person round in circles.
 */
import type { Verdict } from '../../domain/access/decide-access.ts'
import { describeDenial } from '../../domain/access/rights-now.ts'
import type { GuardedResource } from '../../domain/gate/gate-table.ts'
import type { MessageId } from '../../domain/gate/json-rpc.ts'
import { challengeOf, lacksScope } from './gate-answers.ts'
import type { GateRefusal } from './gate-answers.ts'
import type { Caller } from './gate-token.ts'

type Who = Pick<Caller, 'scheme' | 'scopes' | 'decision' | 'claims' | 'user'>

/** Why the resource can't be used at all; `undefined` if it can. */
export function refusesUse(gated: GuardedResource, caller: Pick<Caller, 'rights'> & Who): GateRefusal | undefined {
  const { denial, scopes } = caller.rights
  return scopes === undefined && denial !== undefined ? denied(gated, caller, denial) : undefined
}

/** @param missing the scopes that would help; none if none does */
export function refusesScope(gated: GuardedResource, caller: Who, missing: readonly string[], id?: MessageId): GateRefusal {
  for (const scope of missing) {
    const verdict = caller.decision.scopes.get(scope)
    if (verdict !== undefined && !verdict.allowed) return denied(gated, caller, verdict, [scope], id)
  }
  return lacksScope(gated, caller.scheme, caller.scopes, missing, id)
}

function denied(
  gated: GuardedResource,
  { scheme, claims, user }: Who,
  verdict: Verdict,
  scopes?: readonly string[],
  id?: MessageId,
): GateRefusal {
  const words = describeDenial({ resource: gated.resource.identifier, ...(scopes !== undefined && { scopes }), ...verdict })
  const denial = { words, clientId: claims.client_id, username: user?.username }
  if (verdict.acr === undefined) return { status: 403, message: 'this account may not do that here', id, denial }
  const description = 'a stronger login is required'
  const error = 'insufficient_user_authentication'
  const challenge = challengeOf(gated, { scheme, error, description, scopes: scopes ?? [], acr: verdict.acr })
  return { status: 401, message: description, id, denial, headers: { 'www-authenticate': challenge } }
}
