/** A consent as it is stored, and what it was given for (threat-model.md T5). */
import type { Client } from '../client/client.ts'
import { sectorNow } from '../client/subject.ts'
import { sha256 } from '../protocol/sha256.ts'
import { decisions } from './requested-access.ts'
import type { RequestedAccess } from './requested-access.ts'

/** What a user has allowed a client, as the client was when the user saw it, for responses to one receiver. */
export interface Consent {
  readonly userId: string
  readonly clientId: string
  /** Who got the response (`redirectReceiver()`). */
  readonly receiver: string
  /** `clientFingerprint()` of the client that the page showed. */
  readonly clientHash: string
  /** What the user decided on (`decisions()`). */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/**
 * Hash of what users see of a client, of where it may receive responses, and of the sector in which it knows them. With another one they
 * have to consent again: a client that was given a subject of its own doesn't silently get another party's, or the public one.
 */
export const clientFingerprint = ({ metadata }: Pick<Client, 'metadata'>): string => {
  const { display, redirectUris } = metadata
  return sha256(JSON.stringify([Object.entries(display).sort(), [...redirectUris].sort(), sectorNow(metadata)]))
}

/**
 * Hash of everything that a consent page showed. A decision counts for exactly this, so a client, a resource or a scope that changed
 * while the page was open is shown again.
 *
 * @param receiver the redirect URI, or the user code of a device
 */
export function decisionDigest(client: Client, receiver: string, asked: RequestedAccess): string {
  const resources = asked.targets.map(({ identifier, resource }) => [identifier, resource?.name])
  return sha256(JSON.stringify([client.id, clientFingerprint(client), receiver, decisions(asked), resources]))
}
