/** A rule about who may use a resource, as it is stored, and whom it concerns. Instants are milliseconds since the epoch. */
import { isDocumentUrl } from '../client/client-document.ts'

/** Whom a rule concerns. */
export type Who =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'user'; readonly userId: string }

/** By which clients: any of these. */
export interface ClientCondition {
  /** Those that are known by a metadata document, which proves their host. */
  readonly verified: boolean
  /** The hosts of such documents. */
  readonly hosts: readonly string[]
  readonly ids: readonly string[]
}

export interface AccessRule {
  readonly id: string
  readonly resourceId: string
  /** The first rule that allows somebody closes the resource to all others; one that denies wins over all that allow. */
  readonly effect: 'allow' | 'deny'
  readonly who: Who
  /** Of the resource; undefined for all of it. */
  readonly scopes?: readonly string[] | undefined
  /** Undefined for all. */
  readonly clients?: ClientCondition | undefined
  /** The login must reach this, at least; only where the rule allows. */
  readonly acr?: string | undefined
  readonly createdAt: number
}

/** Who asks, by which client. */
export interface Asker {
  /** Absent where a client asks for itself: only rules about everybody concern it. */
  readonly user?: { readonly id: string; readonly groups: readonly string[] } | undefined
  readonly clientId: string
  /** How the user logged in. */
  readonly acr?: string | undefined
}

export function concerns({ who, clients }: AccessRule, { user, clientId }: Asker): boolean {
  const isUser =
    who.kind === 'everybody' || (user !== undefined && (who.kind === 'user' ? user.id === who.userId : user.groups.includes(who.group)))
  return isUser && (clients === undefined || matches(clients, clientId))
}

/** The id of a client with a document is the address of that: no other client has such an id. */
function matches({ verified, hosts, ids }: ClientCondition, clientId: string): boolean {
  if (ids.includes(clientId)) return true
  return isDocumentUrl(clientId) && (verified || hosts.includes(new URL(clientId).host))
}
