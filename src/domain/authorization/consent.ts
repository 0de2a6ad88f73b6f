/** A consent as it is stored, and what it was given for (threat-model.md T5). */
import type { Client } from '../client/client.ts'
import { sectorNow } from '../client/subject.ts'
import { redirectKind, usesUnregisteredPort } from '../protocol/redirect-uri.ts'
import { BUILT_IN_SCOPES } from '../protocol/scope.ts'
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
  /** Permissions that the user was offered, and didn't choose. */
  readonly declined?: readonly string[] | undefined
}

/** What of a consent decides what a page asks. */
export type Consented = Pick<Consent, 'scopes' | 'resources' | 'declined'>

/**
 * Hash of what users see of a client, of where it may receive responses, and of the sector in which it knows them. With another one they
 * have to consent again: a client that was given a subject of its own doesn't silently get another party's, or the public one.
 */
export const clientFingerprint = ({ metadata }: Pick<Client, 'metadata'>): string => {
  const { display, redirectUris } = metadata
  return sha256(JSON.stringify([Object.entries(display).sort(), [...redirectUris].sort(), sectorNow(metadata)]))
}

/** Why a person should look twice: nobody they allowed before answers there, or on a port that the client never registered. */
export type Caution = 'new' | 'port'

/** What a consent page can say because of an earlier consent. */
export interface Known {
  readonly caution?: Caution | undefined
  /** What is new to the person, of `decisions()` and of the resources; empty without an earlier consent. */
  readonly fresh: readonly string[]
  /** Whether there is one. */
  readonly isKnown: boolean
  /** Permissions that were offered, and not chosen. */
  readonly declined: readonly string[]
}

export const NOTHING_KNOWN: Known = { caution: 'new', fresh: [], isKnown: false, declined: [] }

/** @param before what the person has allowed this client, as it is now, for responses to this redirect URI */
export function knownOf(
  { metadata: { redirectUris } }: Pick<Client, 'metadata'>,
  redirectUri: string,
  asked: RequestedAccess,
  before: Consented | undefined,
): Known {
  if (before === undefined) return NOTHING_KNOWN
  const scopes = decisions(asked).filter((decision) => !isAllowed(decision, before.scopes))
  const resources = asked.targets.map(({ identifier }) => identifier).filter((identifier) => !before.resources.includes(identifier))
  const otherPort = redirectKind(redirectUri) === 'loopback' && usesUnregisteredPort(redirectUris, redirectUri)
  return { caution: otherPort ? 'port' : undefined, fresh: [...scopes, ...resources], isKnown: true, declined: before.declined ?? [] }
}

/** What is about the person is as it was, at whichever resource they allowed it. */
function isAllowed(decision: string, before: readonly string[]): boolean {
  const [name = ''] = decision.split(' ')
  const isBuiltIn = (BUILT_IN_SCOPES as readonly string[]).includes(name)
  return before.includes(decision) || (isBuiltIn && before.some((allowed) => allowed.split(' ')[0] === name))
}

/**
 * Hash of everything that a consent page showed. A decision counts for exactly this, so a client, a resource or a scope that changed
 * while the page was open is shown again.
 *
 * @param receiver the redirect URI, or the user code of a device
 * @param offered what there was to choose, with all its words
 */
export function decisionDigest(
  client: Client,
  receiver: string,
  asked: RequestedAccess,
  { caution, fresh }: Known = NOTHING_KNOWN,
  offered?: object,
): string {
  const resources = asked.targets.map(({ identifier, resource }) => [identifier, resource?.name, resource?.scopes.length])
  const shown = [client.id, client.origin, clientFingerprint(client), receiver, decisions(asked), resources, caution, fresh, offered]
  return sha256(JSON.stringify(shown))
}
