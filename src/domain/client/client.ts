/** A client as it is kept. Instants are milliseconds since the epoch; `...Hash` is a SHA-256 in base64url. */
import type { ClientMetadata } from './client-metadata.ts'
import type { RegistrationPolicy } from './registration-policy.ts'

/** A client's use is recorded at most this often, in ms: enough to tell who is idle. */
export const CLIENT_USED_INTERVAL_MS = 86_400_000

interface AnyClient {
  readonly id: string
  /** Absent for public clients. */
  readonly secretHash?: string | undefined
  /** The previous secret, which stays valid until then. */
  readonly previousSecretHash?: string | undefined
  readonly previousSecretExpiresAt?: number | undefined
  readonly metadata: ClientMetadata
  readonly createdAt: number
  readonly lastUsedAt?: number | undefined
  /** When a person first allowed it, or it first got a token for itself. */
  readonly authorizedAt?: number | undefined
  readonly disabledAt?: number | undefined
}

/** A client that registered itself (RFC 7591): swept when nobody uses it. */
export interface RegisteredClient extends AnyClient {
  readonly origin: 'registration'
  /** By which it manages its own registration (RFC 7592); the previous one stays valid until this one is used. */
  readonly registrationAccessTokenHash?: string | undefined
  readonly previousRegistrationAccessTokenHash?: string | undefined
  /** What bounds the metadata, now and at every update (threat-model.md T12). */
  readonly policy?: RegistrationPolicy | undefined
  /** Every client that registers the same metadata gets this record, so nobody may manage it (shared-client.ts). */
  readonly shared?: boolean | undefined
}

/** A client that an operator made: never swept. */
export interface OperatorClient extends AnyClient {
  readonly origin: 'operator'
}

/** A client whose id is the URL of its metadata document. */
export interface DocumentClient extends AnyClient {
  readonly origin: 'document'
  readonly documentFetchedAt: number
  /** Until then the document needn't be fetched again. */
  readonly documentFreshUntil: number
}

export type Client = RegisteredClient | OperatorClient | DocumentClient
