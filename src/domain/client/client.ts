/** A client as it is kept. Instants are milliseconds since the epoch; `...Hash` is a SHA-256 in base64url. */
import type { ClientMetadata } from './client-metadata.ts'
import type { RegistrationPolicy } from './registration-policy.ts'

/** A client's use is noted at most this often, in ms: enough to tell who is idle. */
export const CLIENT_USED_INTERVAL_MS = 86_400_000

/** A client. `origin` tells whether it may be swept: what a person made is never. `document`: its id is the URL of its metadata. */
export interface Client {
  readonly id: string
  /** Absent for public clients. */
  readonly secretHash?: string | undefined
  /** The secret before, which counts as well until then. */
  readonly previousSecretHash?: string | undefined
  readonly previousSecretExpiresAt?: number | undefined
  readonly metadata: ClientMetadata
  readonly origin: 'registration' | 'person' | 'document'
  /** By which a client manages its own registration (RFC 7592); the one before counts until this one is used. */
  readonly registrationAccessTokenHash?: string | undefined
  readonly previousRegistrationAccessTokenHash?: string | undefined
  /** What bounds the metadata, now and at every update (threat-model.md T12). */
  readonly policy?: RegistrationPolicy | undefined
  readonly createdAt: number
  /** When the document was fetched, and until when it needn't be fetched again. */
  readonly documentFetchedAt?: number | undefined
  readonly documentFreshUntil?: number | undefined
  readonly lastUsedAt?: number | undefined
  /** When a person first allowed it, or it first got a token for itself. */
  readonly authorizedAt?: number | undefined
  readonly disabledAt?: number | undefined
  /** Whoever registers the same gets this very client: nobody may manage it (domain/client/shared-client.ts). */
  readonly shared?: boolean | undefined
}
