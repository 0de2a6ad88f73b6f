/** What a live access token opens at this moment: rules and groups may have changed since it was issued. */
import { scopesNow } from '../../domain/access/rights-now.ts'
import type { ScopesNow } from '../../domain/access/rights-now.ts'
import type { Asker } from '../../domain/access/access-rule.ts'
import { reachedAcr } from '../../domain/authorization/authentication.ts'
import { parseScope } from '../../domain/protocol/scope.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'

interface Holder {
  /** Absent where a client acts for itself. */
  readonly user: { readonly id: string } | undefined
  readonly groups: readonly string[]
}

export const askerOf = ({ client_id: clientId, acr, amr }: AccessTokenClaims, { user, groups }: Holder): Asker => ({
  user: user && { id: user.id, groups },
  clientId,
  acr: reachedAcr({ acr, amr }),
})

export const rightsOfToken = (claims: AccessTokenClaims, holder: Holder, registry: ResourceRegistry): ScopesNow =>
  scopesNow({ aud: claims.aud, scopes: parseScope(claims.scope) }, askerOf(claims, holder), registry, claims.iss)
