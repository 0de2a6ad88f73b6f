/** What a resource server has to be told, and whether it makes sense: wrong options fail at the start, not at the first request. */
import { isResourceIdentifier } from '../domain/protocol/resource-indicator.ts'
import { isMetadataUri } from '../domain/protocol/uri.ts'

export interface VerifierOptions {
  /** The authorization server's issuer, byte for byte as its metadata says: https, or http on loopback. */
  readonly issuer: string
  /** The address of the MCP server, as people give it to their client: tokens must name it in `aud`. */
  readonly resource: string
  /** Where the issuer's keys are, if its metadata doesn't say so. */
  readonly jwksUri?: string | undefined
  /**
   * Asks the authorization server whether a token is still good (RFC 7662), so that a revoked one ends early, and so that
   * opaque tokens work at all. Without it a JWT counts until it expires.
   */
  readonly introspection?: IntrospectionOptions | undefined
  /**
   * Lets a DPoP proof count with a nonce of this server alone (RFC 9449 section 9), so that nobody can make proofs for later.
   * At least 32 random characters, the same on all nodes of the resource.
   */
  readonly dpopNonceSecret?: string | undefined
  /** Makes the requests, instead of the platform's `fetch`: through a proxy, for example. */
  readonly fetch?: typeof fetch | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

export interface IntrospectionOptions {
  /** The credentials of the resource, as `resource add` printed them. */
  readonly clientId: string
  readonly clientSecret: string
  /** Seconds for which an answer counts, and so the longest time that a revoked token goes on; 30 if absent, 0 asks every time. */
  readonly maxAge?: number | undefined
}

/** @throws TypeError with a sentence that says which option is wrong */
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
