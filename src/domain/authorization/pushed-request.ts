/** Pushed authorization requests (RFC 9126): under which name people come with them, and how long they hold. */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'

/** RFC 9126 section 2.2. */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** Seconds from the push until the person has to be there; what a login takes doesn't count. */
export const PUSHED_REQUEST_TTL = 90

export const pushedRequestUri = (secret: string): string => PREFIX + secret

export const isPushedRequestUri = (uri: string): boolean => uri.startsWith(PREFIX)

/** An authorization request that a client pushed (RFC 9126), under the hash of the `request_uri` that it got for it. */
export interface PushedRequest {
  readonly requestUriHash: string
  readonly clientId: string
  readonly parameters: AuthorizationParameters
  readonly expiresAt: number
}
