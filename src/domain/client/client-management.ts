/** Clients that manage their own registration (RFC 7592 section 2): validates and applies updates. */
import type { ClientUpdateRequest } from '../../schemas/client-configuration.ts'
import type { RegistrationResponse } from '../../schemas/registration.ts'
import { PATHS } from '../../schemas/paths.ts'
import { renderClientMetadata } from './client-information.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { matchSecret } from './credentials.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Client, RegisteredClient } from './client.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** Members that only the server sets (RFC 7592 section 2.2). */
const FORBIDDEN = ['registration_access_token', 'registration_client_uri', 'client_secret_expires_at', 'client_id_issued_at'] as const

/** Which of its secrets a client sent. */
export type PresentedSecret = 'current' | 'previous' | 'none'

/**
 * Checks the members of an update that aren't metadata (RFC 7592 section 2.2): the client must name itself, and can't choose its
 * secret. The error is `invalid_client_metadata`.
 *
 * @param now ms
 */
export function checkUpdate(body: ClientUpdateRequest, client: Client, now: number): Result<PresentedSecret, OAuthError> {
  const forbidden = FORBIDDEN.find((name) => (body[name] ?? null) !== null)
  if (forbidden !== undefined) return refuse('invalid_client_metadata', `${forbidden} must not be sent in an update`)
  if (body.client_id !== client.id) return refuse('invalid_client_metadata', 'client_id is required and must be that of this client')
  const { client_secret: secret = null } = body
  if (secret === null) return ok('none')
  const presented = matchSecret(client, secret, now)
  return presented === undefined
    ? refuse('invalid_client_metadata', 'client_secret must be the current one, or be left out')
    : ok(presented)
}

/** New secrets for an updated client, and what decides whether it needs them. `now` is ms. */
export interface Renewal {
  readonly secretHash: string
  readonly registrationAccessTokenHash: string
  /** The token that the client used. It stays valid until the client uses the new one, because the response may be lost. */
  readonly usedRegistrationAccessTokenHash: string
  readonly presentedSecret: PresentedSecret
  readonly now: number
  /** How long a replaced secret stays valid, in seconds. */
  readonly secretOverlap: number
}

/** The client after an update. Members that the update leaves out are deleted (RFC 7592 section 2.2). */
export function updateClient(client: RegisteredClient, metadata: ClientMetadata, renewal: Renewal): RegisteredClient {
  return {
    ...client,
    metadata,
    ...secretsOf(client, metadata, renewal),
    registrationAccessTokenHash: renewal.registrationAccessTokenHash,
    previousRegistrationAccessTokenHash: renewal.usedRegistrationAccessTokenHash,
  }
}

type Secrets = Pick<Client, 'secretHash' | 'previousSecretHash' | 'previousSecretExpiresAt'>

/**
 * A client that now needs a secret gets its first one, and a client that sends its current secret gets a new one. The sent secret
 * stays valid for the overlap, so a lost response locks nobody out.
 */
function secretsOf(client: Client, metadata: ClientMetadata, { secretHash, presentedSecret, now, secretOverlap }: Renewal): Secrets {
  if (!usesSecret(metadata)) return { secretHash: undefined, previousSecretHash: undefined, previousSecretExpiresAt: undefined }
  if (client.secretHash === undefined) return { secretHash }
  if (presentedSecret === 'none') return {}
  if (presentedSecret === 'previous') return { secretHash }
  return { secretHash, previousSecretHash: client.secretHash, previousSecretExpiresAt: now + secretOverlap * 1000 }
}

/** Whether a client with this metadata authenticates with a secret. */
export const usesSecret = ({ tokenEndpointAuthMethod }: ClientMetadata): boolean => tokenEndpointAuthMethod.startsWith('client_secret_')

/**
 * Client information (RFC 7591 section 3.2.1, RFC 7592 section 3).
 *
 * @param secrets new ones, which are shown this once: only their hashes are stored
 * @param rendered the client's metadata
 */
export function clientInformation(
  client: Client,
  issuer: string,
  secrets: { secret?: string | undefined; registrationAccessToken?: string | undefined },
  rendered = renderClientMetadata(client.metadata),
): RegistrationResponse {
  const { secret, registrationAccessToken } = secrets
  return {
    client_id: client.id,
    ...(secret !== undefined && { client_secret: secret }),
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(client.secretHash !== undefined && { client_secret_expires_at: 0 }),
    ...(registrationAccessToken !== undefined && {
      registration_access_token: registrationAccessToken,
      registration_client_uri: issuer + PATHS.clientConfiguration.replace(':client_id', client.id),
    }),
    ...rendered,
  }
}
