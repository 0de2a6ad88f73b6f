/** Protected resource metadata (RFC 9728): how a client finds out who logs people in. */
import { DPOP_ALGS } from '../domain/dpop/dpop-proof.ts'
import { resourceMetadataUrl, resourceMetadataUrls } from '../domain/protocol/discovery-urls.ts'
import type { ProtectedResourceMetadata } from '../schemas/protected-resource.ts'

export interface ProtectedResource {
  /** The address that people give to their client, such as `https://mcp.example.com/mcp`; what `aud` of its tokens must be. */
  readonly resource: string
  /** Issuers of the authorization servers that it takes tokens of. */
  readonly authorizationServers: readonly string[]
  /** The scopes that it knows: clients ask for these if a challenge names none. */
  readonly scopes?: readonly string[] | undefined
  /** Shown to people. */
  readonly name?: string | undefined
  /** Where people read how to use it: a URL. */
  readonly documentation?: string | undefined
}

/** The metadata document (RFC 9728 section 2); tokens are taken from the `Authorization` header alone. */
export function protectedResourceMetadata({
  resource,
  authorizationServers,
  scopes,
  name,
  documentation,
}: ProtectedResource): ProtectedResourceMetadata {
  return {
    resource,
    authorization_servers: authorizationServers,
    // An empty list would say that there is nothing to ask for (section 3.2); clients give up on it.
    ...(scopes?.length && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: DPOP_ALGS,
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
  }
}

/** Where the metadata is found (RFC 9728 section 3.1). */
export const metadataUrl = (resource: string): string => resourceMetadataUrl(resource)

/** Every path that must answer with the metadata. */
export const metadataPaths = (resource: string): string[] => [
  ...new Set(resourceMetadataUrls(resource).map((url) => new URL(url).pathname)),
]
