/**
 * Access tokens and id_tokens must not meet in their audience (RFC 9068 section 6, RFC 8725 section 3.9): a client that checks no more
 * than issuer, audience and signature would take a token that is for "its" address for a login.
 */
import type { Target } from '../domain/authorization/requested-access.ts'
import { isDocumentUrl } from '../domain/client/client-document.ts'
import type { OAuthError } from '../domain/protocol/errors.ts'
import { invalidTarget } from '../domain/protocol/resource-indicator.ts'
import { err } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import type { Storage } from '../storage/storage.ts'
import type { GrantContext } from './grant.ts'

/** The error, if one of the targets is the id of a client. A registered resource isn't, because the operator says so. */
export async function refuseClientIds({ clients }: Pick<Storage, 'clients'>, targets: readonly Target[]): Promise<OAuthError | undefined> {
  for (const { identifier, resource } of targets) {
    // Other ids are no addresses, so nobody can ask for them.
    if (resource === undefined && isDocumentUrl(identifier) && (await clients.find(identifier)) !== undefined)
      return invalidTarget(`${identifier} is a client, and no resource`).error
  }
  return undefined
}

/** The target of a token, unless its audience is the id of a client: grants are older than some clients. */
export async function checkAudience(
  { storage }: Pick<GrantContext, 'storage'>,
  target: Result<TokenTarget, OAuthError>,
): Promise<Result<TokenTarget, OAuthError>> {
  if (!target.ok || target.value.audience === undefined) return target
  const { audience: identifier, resource } = target.value
  const refused = await refuseClientIds(storage, [{ identifier, resource }])
  return refused === undefined ? target : err(refused)
}
