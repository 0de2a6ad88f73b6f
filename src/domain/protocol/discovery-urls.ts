/**
 * The URLs of metadata, for publishing and for finding it: of authorization servers (RFC 8414 section 3.1, OpenID Connect
 * Discovery section 4) and of protected resources (RFC 9728 section 3.1).
 */
import { WELL_KNOWN } from '../../schemas/paths.ts'

const PROTECTED_RESOURCE = '/.well-known/oauth-protected-resource'

/** The metadata of an authorization server. RFC 8414 inserts the well-known part between the host and the issuer's path. */
export function serverMetadataUrl(issuer: string): string {
  return insertWellKnown(WELL_KNOWN.oauth, issuer)
}

/** The same metadata for OpenID Connect, which appends the well-known part to the issuer. */
export function openidConfigurationUrl(issuer: string): string {
  return issuer.replace(/\/+$/, '') + WELL_KNOWN.openid
}

/** Every URL where clients look for an issuer's metadata, in the order in which they try. */
export function discoveryUrls(issuer: string): string[] {
  return [...new Set([serverMetadataUrl(issuer), insertWellKnown(WELL_KNOWN.openid, issuer), openidConfigurationUrl(issuer)])]
}

/** Every path where a server publishes its metadata: both documents, with the issuer's path after and before the well-known part. */
export function serverMetadataPaths(base: string): string[] {
  return [...new Set(Object.values(WELL_KNOWN).flatMap((path) => [path + base, base + path]))]
}

/** The metadata of a protected resource. */
export function resourceMetadataUrl(resource: string): string {
  const { origin, pathname, search } = new URL(resource)
  return `${origin}${PROTECTED_RESOURCE}${pathname === '/' ? '' : pathname}${search}`
}

/** Every URL where clients look for it if no challenge names one: some only ask at the root of the host. */
export function resourceMetadataUrls(resource: string): string[] {
  return [...new Set([resourceMetadataUrl(resource), new URL(resource).origin + PROTECTED_RESOURCE])]
}

/** RFC 8414 section 3.1: removes a terminating slash before the insertion. */
function insertWellKnown(wellKnown: string, issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return origin + wellKnown + pathname.replace(/\/+$/, '')
}
