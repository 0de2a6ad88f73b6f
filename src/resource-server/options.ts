/** The options of a resource server. Wrong ones fail at the start, not at the first request. */
import { isResourceIdentifier } from '../domain/protocol/resource-indicator.ts'
import { isMetadataUri } from '../domain/protocol/uri.ts'

export interface VerifierOptions {
  /** The authorization server's issuer, byte for byte as in its metadata: https, or http on loopback. */
  readonly issuer: string
  /** The address of the MCP server, as users give it to their client. Tokens must have it in `aud`. */
  readonly resource: string
  /** Where the issuer's keys are, if its metadata doesn't say. */
  readonly jwksUri?: string | undefined
  /**
   * Asks the authorization server whether a token is still active (RFC 7662). Opaque tokens need this, and a revoked token ends
   * early. Without it, a JWT is accepted until it expires.
   */
  readonly introspection?: IntrospectionOptions | undefined
  /**
   * Accepts a DPoP proof only with a nonce from this server (RFC 9449 section 9), so that nobody can make proofs in advance.
   * At least 32 random characters, the same on all nodes of the resource.
   */
  readonly dpopNonceSecret?: string | undefined
  /** Sends the requests instead of the platform's `fetch`, through a proxy for example. */
  readonly fetch?: typeof fetch | undefined
  /** The clock: milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

export interface IntrospectionOptions {
  /** The credentials of the resource, as `resource add` printed them. */
  readonly clientId: string
  readonly clientSecret: string
  /** How many seconds an answer is cached, and so how long a revoked token may still work. 30 by default; 0 asks every time. */
  readonly maxAge?: number | undefined
  /**
   * What the issuer's opaque tokens look like. By default 43 characters of base64url, as this server makes them; any other text is
   * refused without a question.
   */
  readonly opaqueTokens?: RegExp | undefined
}

/** @throws TypeError with a sentence about the wrong option */
export function checkOptions({ issuer, resource, jwksUri, introspection, dpopNonceSecret }: VerifierOptions): void {
  if (!isMetadataUri(issuer) || /[?#]/.test(issuer))
    throw new TypeError('issuer must be an https URL without query or fragment; http for localhost only')
  if (!isResourceIdentifier(resource)) throw new TypeError('resource must be an https URL without fragment; http for localhost only')
  if (jwksUri !== undefined && !isMetadataUri(jwksUri)) throw new TypeError('jwksUri must be an https URL; http for localhost only')
  if (introspection !== undefined && !(introspection.clientId && introspection.clientSecret)) {
    throw new TypeError('introspection needs a clientId and a clientSecret')
  }
  if (dpopNonceSecret !== undefined && dpopNonceSecret.length < 32) throw new TypeError('dpopNonceSecret must have at least 32 characters')
}
