/** Pushed authorization requests (RFC 9126): their `request_uri`, how long it is valid, and the stored record. */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'

/** RFC 9126 section 2.2. */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** Seconds from the push until the user's browser has to arrive. The time for login and consent comes on top. */
export const PUSHED_REQUEST_TTL = 90

export const pushedRequestUri = (secret: string): string => PREFIX + secret

export const isPushedRequestUri = (uri: string): boolean => uri.startsWith(PREFIX)

export interface PushedRequest {
  /** SHA-256 of the `request_uri`, in base64url. */
  readonly requestUriHash: string
  readonly clientId: string
  readonly parameters: AuthorizationParameters
  /** ms since the epoch. */
  readonly expiresAt: number
}
