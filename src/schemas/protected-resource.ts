/** RFC 9728 section 2: what a protected resource says of itself. Types alone: resource servers need no more of this package. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly string[]
  readonly dpop_signing_alg_values_supported: readonly string[]
  readonly resource_name?: string
  readonly resource_documentation?: string
}
