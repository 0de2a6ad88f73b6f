/** What a token of a grant is for at this moment: the audience and scopes that it may have, and what its resource learns of the user. */
import { namedGroups } from '../domain/access/group.ts'
import type { OAuthError } from '../domain/protocol/errors.ts'
import type { Result } from '../domain/protocol/result.ts'
import { ok } from '../domain/protocol/result.ts'
import type { Grant } from '../domain/token/grant.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import { checkAudience } from './client-audience.ts'
import type { GrantContext } from './grant.ts'

/** A grant with the groups of its user. */
interface Held {
  readonly grant: Grant
  readonly groups: readonly string[]
}

/** @param narrow chooses the target within the grant, as the request asks */
export async function targetNow(
  context: GrantContext,
  { grant, groups }: Held,
  narrow: (grant: Grant) => Result<TokenTarget, OAuthError>,
): Promise<Result<TokenTarget, OAuthError>> {
  const target = await checkAudience(context, narrow(grant))
  const named = target.ok ? namedGroups(target.value.resource, groups) : undefined
  return target.ok && named !== undefined ? ok({ ...target.value, groups: named }) : target
}
