/** The metadata of protected resources (RFC 9728), by which a client finds the authorization server. */
import { DPOP_ALGS } from '../dpop/dpop-proof.ts'
import type { ProtectedResourceMetadata } from '../../schemas/protected-resource.ts'

export interface ProtectedResource {
  /** The address that users give to their client, such as `https://mcp.example.com/mcp`. It must be the `aud` of its tokens. */
  readonly resource: string
  /** Issuers of the authorization servers whose tokens it accepts. */
  readonly authorizationServers: readonly string[]
  /** Its scopes: clients request these if a challenge names none. */
  readonly scopes?: readonly string[] | undefined
  /** Shown to users. */
  readonly name?: string | undefined
  /** The URL of a page that says how to use it. */
  readonly documentation?: string | undefined
}

/** The metadata document (RFC 9728 section 2). Tokens are accepted only in the `Authorization` header. */
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
    // An empty list would say that there is nothing to request (section 3.2), and clients would give up.
    ...(scopes?.length && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: DPOP_ALGS,
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
  }
}
