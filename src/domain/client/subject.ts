/**
 * The `sub` of a user for a client (OpenID Connect Core section 8): the same for all clients (`public`), or different in each
 * sector (`pairwise`), so that clients of different parties can't find out that they have a user in common.
 */
import { createHmac } from 'node:crypto'
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { redirectKind } from '../protocol/redirect-uri.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isHttpsUri } from '../protocol/uri.ts'

export const SUBJECT_TYPES = ['public', 'pairwise'] as const

export interface SubjectMembers {
  readonly subjectType?: (typeof SUBJECT_TYPES)[number] | undefined
  /** Lists the redirect URIs of all clients of one party; checked at registration. */
  readonly sectorIdentifierUri?: string | undefined
}

interface Sectored extends SubjectMembers {
  readonly redirectUris: readonly string[]
}

/** An unknown subject type becomes `public`. The error is a sentence that names the member. */
export function parseSubjectMembers(body: RegistrationRequest, redirectUris: readonly string[]): Result<SubjectMembers, string> {
  const subjectType = body.subject_type ? (SUBJECT_TYPES.find((known) => known === body.subject_type) ?? 'public') : undefined
  const sectorIdentifierUri = body.sector_identifier_uri || undefined
  if (sectorIdentifierUri !== undefined && !isHttpsUri(sectorIdentifierUri)) return err('sector_identifier_uri must be an https URL')
  const members = { subjectType, sectorIdentifierUri }
  if (subjectType === 'pairwise' && sectorOf({ ...members, redirectUris }) === undefined) {
    return err('subject_type pairwise needs a sector_identifier_uri, unless all redirect_uris are https on one host')
  }
  return ok(members)
}

/**
 * Checks the document at a `sector_identifier_uri` (OpenID Connect Registration section 5). Without this check a client could join
 * the sector of another party. The error is a sentence that names the member.
 */
export function checkSectorDocument(body: string, redirectUris: readonly string[]): Result<undefined, string> {
  let listed: unknown
  try {
    listed = JSON.parse(body)
  } catch {
    return err('sector_identifier_uri does not lead to JSON')
  }
  if (!Array.isArray(listed)) return err('sector_identifier_uri must lead to a JSON array of redirect URIs')
  const missing = redirectUris.some((uri) => !listed.includes(uri))
  return missing ? err('sector_identifier_uri leads to a list that does not name all redirect_uris') : ok(undefined)
}

/** The host that identifies a client's party; `undefined` if there is none, because only https hosts belong to one party. */
function sectorOf({ sectorIdentifierUri, redirectUris }: Sectored): string | undefined {
  if (sectorIdentifierUri !== undefined) return new URL(sectorIdentifierUri).hostname
  const hosts = new Set(redirectUris.map((uri) => (redirectKind(uri) === 'https' ? new URL(uri).hostname : '')))
  const [host] = hosts
  return hosts.size === 1 && host !== '' ? host : undefined
}

/** The sector of clients that know users by the subject that all of these see. */
export const PUBLIC_SECTOR = ''

/** The sector of a client as it is registered now, for what is answered to one of its redirect URIs. */
export const sectorNow = (metadata: Sectored): string => (metadata.subjectType === 'pairwise' ? String(sectorOf(metadata)) : PUBLIC_SECTOR)

/**
 * The sector of what a device is given. No response goes to a redirect URI there, so those that the client registered, and the lists
 * that name them, prove nothing: a pairwise client is a sector of its own.
 */
export const deviceSector = ({ id, metadata }: { readonly id: string; readonly metadata: Sectored }): string =>
  metadata.subjectType === 'pairwise' ? `client ${id}` : PUBLIC_SECTOR

/** What a client learns in the sector that it was in at the time. `undefined`: nobody knows, and its registration has to say. */
interface Sectoral {
  readonly userId: string
  readonly sector?: string | undefined
}

/** The `sub` of a user for a client. `key` is secret, so that nobody else can compute or reverse it. */
export function subjectOf(metadata: Sectored, { userId, sector = sectorNow(metadata) }: Sectoral, key: Buffer): string {
  return sector === PUBLIC_SECTOR ? userId : hmac(key, `${sector}\n${userId}`)
}

/**
 * The `sid` by which a client knows a session. Pairwise clients get one each, because a common one would tell them that they have a
 * user in common (OpenID Connect Core section 8.1).
 */
export function sessionIdOf(
  { clientId, sid, sector = PUBLIC_SECTOR }: { readonly clientId: string; readonly sid: string; readonly sector?: string | undefined },
  key: Buffer,
): string {
  return sector === PUBLIC_SECTOR ? sid : hmac(key, `session\n${clientId}\n${sid}`)
}

/** No user id contains a line break, so no text for a subject is one for a session. */
const hmac = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('base64url')
