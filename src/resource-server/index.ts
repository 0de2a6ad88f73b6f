/**
 * Protects a resource, such as an MCP server, with an authorization server like this one: `solar-system-oauth-server/resource-server`.
 * The default export is a Fastify plugin; `createGuard` does the same for any other framework. Their parts are exported too.
 */
export type { AccessToken } from './access-token.ts'
export { createGuard } from './guard.ts'
export type { Answer, Decision, Guard, GuardedRequest, Passed, ResourceServerOptions } from './guard.ts'
export { protectedResourceMetadata } from '../domain/protocol/protected-resource.ts'
export type { ProtectedResource } from '../domain/protocol/protected-resource.ts'
export { metadataPaths, metadataUrl } from './metadata.ts'
export type { IntrospectionOptions, VerifierOptions } from './options.ts'
export type { DpopRequest } from './possession.ts'
export { scopeForTools } from './tool-scopes.ts'
export type { ScopeOfRequest } from './tool-scopes.ts'
export { createVerifier } from './verifier.ts'
export type { VerificationFailure, Verifier } from './verifier.ts'
export { default } from './fastify.ts'
