/**
 * What a token of a grant is for at this moment: the audience and scopes that it may have under the access rules, and what its resource
 * learns of the user.
 */
import { namedGroups } from '../domain/access/group.ts'
import { denialAt, unauthorizedClient } from '../domain/client/client-approval.ts'
import type { Client } from '../domain/client/client.ts'
import { describeDenial, grantNow } from '../domain/access/rights-now.ts'
import type { Denial } from '../domain/access/rights-now.ts'
import { reachedAcr } from '../domain/authorization/authentication.ts'
import type { AccessParameters } from '../domain/authorization/requested-access.ts'
import { refuse } from '../domain/protocol/errors.ts'
import type { OAuthError, Refusal } from '../domain/protocol/errors.ts'
import { resourceKey } from '../domain/protocol/resource-indicator.ts'
import type { Result } from '../domain/protocol/result.ts'
import { err, ok } from '../domain/protocol/result.ts'
import { parseScope } from '../domain/protocol/scope.ts'
import type { Grant } from '../domain/token/grant.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import { checkAudience } from './client-audience.ts'
import type { GrantContext } from './grant.ts'

/** A grant with the groups of its user. */
interface Held {
  readonly grant: Grant
  readonly groups: readonly string[]
  /** Where its code went; empty for a device. */
  readonly redirectUri?: string | undefined
}

/**
 * Changes nothing: what is refused now may be allowed again later, with the same token.
 *
 * @param asked what the request names; without `scope` where it can't narrow the scope
 * @param narrow chooses the target within what counts of the grant, as the request asks
 */
export async function targetNow(
  context: GrantContext,
  client: Client,
  { grant, groups, redirectUri = '' }: Held,
  asked: AccessParameters,
  narrow: (grant: Grant) => Result<TokenTarget, OAuthError>,
): Promise<Result<TokenTarget, OAuthError>> {
  // What was allowed before the operator admitted fewer apps.
  const unproven = denialAt(client, redirectUri)
  if (unproven !== undefined) return err(unauthorizedClient(client, unproven))
  const asker = { user: { id: grant.userId, groups }, clientId: grant.clientId, acr: reachedAcr(grant) }
  const { grant: now, denials } = grantNow(grant, asker, context.registry)
  const named = new Set([asked.resource ?? []].flat().map(resourceKey))
  const denied = denials.find((denial) => denial.scopes === undefined && named.has(resourceKey(denial.resource)))
  if (denied !== undefined) return nothingLeft(denied)
  if (grant.resources.length > 0 && now.resources.length === 0) return nothingLeft(denials[0]!)
  const target = await checkAudience(context, narrow(now))
  const forbidden = denials.find(
    (denial) =>
      (target.ok ? denial.resource === target.value.audience : target.error.code === 'invalid_scope') &&
      parseScope(asked.scope).some((name) => denial.scopes?.includes(name)),
  )
  if (forbidden !== undefined) return refuse('invalid_scope', 'scope exceeds what is allowed now', { denial: describeDenial(forbidden) })
  if (!target.ok) return target
  const learned = namedGroups(target.value.resource, groups)
  return learned === undefined ? target : ok({ ...target.value, groups: learned })
}

const nothingLeft = (denial: Denial): Refusal =>
  refuse('invalid_grant', 'nothing of what was granted is allowed now', { denial: describeDenial(denial) })
