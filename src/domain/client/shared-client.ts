/** Clients with the same metadata may share one record, because hosted clients register again for every connection. */
import { renderClientMetadata } from './client-information.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { sha256 } from '../protocol/sha256.ts'

/**
 * Whether clients with this metadata can share a record: only public ones, which nothing distinguishes. They get no registration
 * access token (RFC 7592), because one of them could change the client of all others.
 */
export const isSharable = ({ tokenEndpointAuthMethod }: ClientMetadata): boolean => tokenEndpointAuthMethod === 'none'

/** The key that identical clients share: SHA-256 of the sorted response members, in base64url. */
export function shareKey(metadata: ClientMetadata): string {
  const members = Object.entries(renderClientMetadata(metadata)).sort(([a], [b]) => (a < b ? -1 : 1))
  return sha256(JSON.stringify(members))
}
