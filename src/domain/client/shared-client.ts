/** Clients that register the same may be one record: hosted ones register anew on every connect. */
import { renderClientMetadata } from './client-information.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { sha256 } from '../protocol/sha256.ts'

/**
 * Whether two that registered this can be told apart by nothing: public clients only. Who shares a record gets no registration
 * access token (RFC 7592), by which one could change the client of all others.
 */
export const isSharable = ({ tokenEndpointAuthMethod }: ClientMetadata): boolean => tokenEndpointAuthMethod === 'none'

/** The same for all who are told the same, whatever the order of members: SHA-256 of the sorted members, in base64url. */
export function shareKey(metadata: ClientMetadata): string {
  const members = Object.entries(renderClientMetadata(metadata)).sort(([a], [b]) => (a < b ? -1 : 1))
  return sha256(JSON.stringify(members))
}
