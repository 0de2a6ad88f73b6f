/** The metadata of a protected resource (RFC 9728 section 2). Only a type, so that the library for resource servers needs no TypeBox. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly string[]
  readonly dpop_signing_alg_values_supported: readonly string[]
  readonly resource_name?: string
  readonly resource_documentation?: string
}
