/** A client as it is stored. Instants are milliseconds since the epoch; `...Hash` is a SHA-256 in base64url. */
import type { Role } from '../user/role.ts'
import type { ClientMetadata } from './client-metadata.ts'
import type { RegistrationPolicy } from './registration-policy.ts'

/** A client's use is recorded at most this often, in ms, which is enough to find idle clients. */
export const CLIENT_USED_INTERVAL_MS = 86_400_000

interface AnyClient {
  readonly id: string
  /** Absent for public clients. */
  readonly secretHash?: string | undefined
  /** The previous secret stays valid until `previousSecretExpiresAt`. */
  readonly previousSecretHash?: string | undefined
  readonly previousSecretExpiresAt?: number | undefined
  readonly metadata: ClientMetadata
  readonly createdAt: number
  readonly lastUsedAt?: number | undefined
  /** When a user first allowed the client, or it first got a token for itself. */
  readonly authorizedAt?: number | undefined
  readonly disabledAt?: number | undefined
  /** What an operator decided about it, or that it waits for that; `undefined` if nobody asked. */
  readonly approval?: 'waiting' | 'approved' | 'refused' | undefined
  /** Never stored: set where the client is found, if only answers to some of its redirect URIs may be had (client-approval.ts). */
  readonly limits?: { readonly redirectUris: readonly string[]; readonly others: 'waiting' | 'unlisted' } | undefined
}

/** A client that registered itself (RFC 7591). It is swept when nobody uses it. */
export interface RegisteredClient extends AnyClient {
  readonly origin: 'registration'
  /** For managing its own registration (RFC 7592). The previous token stays valid until this one is used. */
  readonly registrationAccessTokenHash?: string | undefined
  readonly previousRegistrationAccessTokenHash?: string | undefined
  /** Limits the metadata, also at every update (threat-model.md T12). */
  readonly policy?: RegistrationPolicy | undefined
  /** Whether all clients with the same metadata share this record, so none of them may manage it (shared-client.ts). */
  readonly shared?: boolean | undefined
}

/** A client that an operator added. It is never swept. */
export interface OperatorClient extends AnyClient {
  readonly origin: 'operator'
  /** The most that it may do at the management API (domain/management); undefined if it may not ask for its tokens. */
  readonly managementRole?: Role | undefined
}

/** A client whose id is the URL of its metadata document. */
export interface DocumentClient extends AnyClient {
  readonly origin: 'document'
  readonly documentFetchedAt: number
  /** Until this instant the document needn't be fetched again. */
  readonly documentFreshUntil: number
}

export type Client = RegisteredClient | OperatorClient | DocumentClient
