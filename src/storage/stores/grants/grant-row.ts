/** The columns of a grant in any join, and how they are read. */
import type { Grant } from '../../../domain/token/grant.ts'
import type { Row } from '../../driver.ts'
import { authentication, instant, json, optionalInstant, optionalJson, optionalText, text } from '../rows.ts'

/** The select list that `toGrant` reads, for statements with `grants g`. */
export const GRANT_COLUMNS = `
  g.id as grant_id, g.user_id as grant_user_id, g.client_id as grant_client_id, g.scopes as grant_scopes,
  g.resources as grant_resources, g.nonce as grant_nonce, g.auth_time as grant_auth_time,
  g.created_at as grant_created_at, g.expires_at as grant_expires_at,
  g.revoked_at as grant_revoked_at, g.sid as grant_sid, g.sector as grant_sector, g.claims as grant_claims,
  g.amr as grant_amr, g.acr as grant_acr, g.identity_id as grant_identity_id`

export function toGrant(row: Row): Grant {
  return {
    id: text(row, 'grant_id'),
    userId: text(row, 'grant_user_id'),
    clientId: text(row, 'grant_client_id'),
    sid: optionalText(row, 'grant_sid'),
    sector: optionalText(row, 'grant_sector'),
    scopes: json(row, 'grant_scopes'),
    resources: json(row, 'grant_resources'),
    nonce: optionalText(row, 'grant_nonce'),
    claims: optionalJson(row, 'grant_claims'),
    authTime: instant(row, 'grant_auth_time'),
    createdAt: instant(row, 'grant_created_at'),
    expiresAt: instant(row, 'grant_expires_at'),
    revokedAt: optionalInstant(row, 'grant_revoked_at'),
    identityId: optionalText(row, 'grant_identity_id'),
    ...authentication(row, 'grant_'),
  }
}
