/**
 * Stands in front of a resource and decides on each request (RFC 6750 section 3, RFC 9728 section 5.1): metadata, preflight,
 * challenge, or through. Knows no framework: what it is given and gives back is plain.
 */
import { formatScope, isSubset, parseScope } from '../domain/scope.ts'
import type { AccessToken } from './access-token.ts'
import { metadataPaths, metadataUrl, protectedResourceMetadata } from './metadata.ts'
import type { ProtectedResource } from './metadata.ts'
import type { VerifierOptions } from './options.ts'
import { createVerifier } from './verifier.ts'

export interface ResourceServerOptions extends VerifierOptions, Omit<ProtectedResource, 'authorizationServers'> {}

/** As much of a request as counts; those of Node, Express and Fastify have it. */
export interface GuardedRequest {
  readonly method?: string | undefined
  /** Path and query. */
  readonly url?: string | undefined
  readonly headers: { readonly authorization?: string | undefined }
}

type AnswerHeaders = Readonly<Record<string, string>>
/** A complete answer: the request isn't let through. */
export type Answer = { readonly ok: false; readonly status: number; readonly headers: AnswerHeaders; readonly body: string; readonly cause?: unknown }
/** `ok` lets the request through; the headers belong to its answer, whoever gives it. */
export type Decision = Answer | { readonly ok: true; readonly accessToken: AccessToken; readonly headers: AnswerHeaders }

/**
 * Never throws.
 *
 * @param scope what the request needs, separated by spaces (RFC 6749 section 3.3)
 */
export type Guard = (request: GuardedRequest, scope?: string) => Promise<Decision>

/** Any script may call, since nothing is sent along by a browser on its own; what it has to read is exposed. */
const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version' }
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST, DELETE',
  // The wildcard doesn't cover `Authorization`.
  'access-control-allow-headers': 'Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, *',
  'access-control-max-age': '86400',
}
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** @throws TypeError if an option is wrong */
export function createGuard(options: ResourceServerOptions): Guard {
  const { verifyAccessToken } = createVerifier(options)
  const metadata = JSON.stringify(protectedResourceMetadata({ ...options, authorizationServers: [options.issuer] }))
  const paths = metadataPaths(options.resource)
  const pointer = `Bearer resource_metadata="${metadataUrl(options.resource)}"`

  function refuse(status: number, error: string, description: string, scopes: readonly string[], cause?: unknown): Answer {
    const challenge = { 'www-authenticate': `${pointer}${scopeOf(scopes)}, error="${error}", error_description="${description}"` }
    const headers = { ...CORS, ...JSON_TYPE, 'cache-control': 'no-store', ...(status === 503 ? { 'retry-after': '5' } : challenge) }
    return { ok: false, status, headers, body: JSON.stringify({ error, error_description: description }), cause }
  }

  return async ({ method, url = '', headers: { authorization = '' } }, scope = '') => {
    if (method === 'OPTIONS') return { ok: false, status: 204, headers: PREFLIGHT, body: '' }
    if (paths.includes(url.split('?')[0]!)) {
      return { ok: false, status: 200, headers: { ...CORS, ...JSON_TYPE, 'cache-control': 'public, max-age=300' }, body: metadata }
    }
    const needed = parseScope(scope)
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
    // RFC 6750 section 3.1: without any credentials, the challenge names no error.
    if (token === undefined) return { ok: false, status: 401, headers: { ...CORS, 'www-authenticate': pointer + scopeOf(needed) }, body: '' }
    const verified = await verifyAccessToken(token)
    if (!verified.ok) {
      const { code, description, cause } = verified.error
      return refuse(code === 'invalid_token' ? 401 : 503, code, description, needed, cause)
    }
    const { scopes } = verified.value
    // By the words as they were given: one that no scope can be is never allowed.
    if (isSubset(scope.split(' ').filter(Boolean), scopes)) return { ok: true, accessToken: verified.value, headers: CORS }
    // All that the client has comes along: it would lose what it doesn't ask for again.
    return refuse(403, 'insufficient_scope', 'the access token lacks a scope that this needs', [...new Set([...scopes, ...needed])])
  }
}

const scopeOf = (scopes: readonly string[]): string => (scopes.length === 0 ? '' : `, scope="${formatScope(scopes)}"`)
