/** A client that manages its own registration (RFC 7592 section 2): what an update turns it into, and what it is told. */
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

/** RFC 7592 section 2.2: what the server alone provides. */
const FORBIDDEN = ['registration_access_token', 'registration_client_uri', 'client_secret_expires_at', 'client_id_issued_at'] as const

/** Which of its secrets a client proves to hold; `none`: it sent none. */
export type PresentedSecret = 'current' | 'previous' | 'none'

/** Judges the members of an update that aren't metadata: the client names itself, and can't choose its secret. */
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

/** What a client gets if it is due. */
export interface Renewal {
  readonly secretHash: string
  readonly registrationAccessTokenHash: string
  /** The registration access token that the client used: it counts until it uses the new one, since the answer may be lost. */
  readonly usedRegistrationAccessTokenHash: string
  readonly presentedSecret: PresentedSecret
  readonly now: number
  /** Seconds for which a secret still counts once there is a new one. */
  readonly secretOverlap: number
}

/** The client with the metadata of an update. Whatever isn't there any more is gone (RFC 7592 section 2.2). */
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
 * A client that starts to need a secret gets one, and one that shows the secret it has gets the next. The one that it
 * showed counts on for the overlap, so that an answer that was lost locks nobody out.
 */
function secretsOf(client: Client, metadata: ClientMetadata, { secretHash, presentedSecret, now, secretOverlap }: Renewal): Secrets {
  if (!usesSecret(metadata)) return { secretHash: undefined, previousSecretHash: undefined, previousSecretExpiresAt: undefined }
  if (client.secretHash === undefined) return { secretHash }
  if (presentedSecret === 'none') return {}
  if (presentedSecret === 'previous') return { secretHash }
  return { secretHash, previousSecretHash: client.secretHash, previousSecretExpiresAt: now + secretOverlap * 1000 }
}

/** Whether a client of this metadata authenticates by a secret. */
export const usesSecret = ({ tokenEndpointAuthMethod }: ClientMetadata): boolean => tokenEndpointAuthMethod.startsWith('client_secret_')

/** Whether people who allowed the client have to be asked anew: it looks different, or answers go where they didn't (threat-model.md T5). */
export function needsNewConsent(before: ClientMetadata, after: ClientMetadata): boolean {
  const looks = ({ display }: ClientMetadata) => JSON.stringify(Object.entries(display).sort())
  return looks(before) !== looks(after) || after.redirectUris.some((uri) => !before.redirectUris.includes(uri))
}

/** Client information (RFC 7591 section 3.2.1, RFC 7592 section 3). A secret is told once, when it is new: only its hash is kept. */
export function clientInformation(
  client: Client,
  issuer: string,
  told: { secret?: string | undefined; registrationAccessToken?: string | undefined },
): RegistrationResponse {
  const { secret, registrationAccessToken } = told
  return {
    client_id: client.id,
    ...(secret !== undefined && { client_secret: secret }),
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(client.secretHash !== undefined && { client_secret_expires_at: 0 }),
    ...(registrationAccessToken !== undefined && {
      registration_access_token: registrationAccessToken,
      registration_client_uri: issuer + PATHS.clientConfiguration.replace(':client_id', client.id),
    }),
    ...renderClientMetadata(client.metadata),
  }
}
