/**
 * Protects a resource: decides whether a request gets the metadata, the answer to a preflight, a challenge, or access (RFC 6750
 * section 3, RFC 9449 section 7.1, RFC 9728 section 5.1). Takes and returns plain objects, and depends on no framework.
 */
import { DPOP_ALGS } from '../domain/dpop/dpop-proof.ts'
import type { TokenScheme } from '../domain/dpop/dpop-token.ts'
import { protectedResourceMetadata } from '../domain/protocol/protected-resource.ts'
import type { ProtectedResource } from '../domain/protocol/protected-resource.ts'
import { formatScope, isSubset, parseScope } from '../domain/protocol/scope.ts'
import type { AccessToken } from './access-token.ts'
import { metadataPaths, metadataUrl } from './metadata.ts'
import type { VerifierOptions } from './options.ts'
import { currentNonce } from './possession.ts'
import { createVerifier } from './verifier.ts'

export interface ResourceServerOptions extends VerifierOptions, Omit<ProtectedResource, 'authorizationServers'> {}

/** The part of a request that matters; Node, Express and Fastify have it. */
export interface GuardedRequest {
  readonly method?: string | undefined
  /** Path and query. */
  readonly url?: string | undefined
  readonly headers: { readonly authorization?: string | undefined; readonly dpop?: string | string[] | undefined }
}

type AnswerHeaders = Readonly<Record<string, string>>
/** A complete answer: the request doesn't get through. */
export type Answer = {
  readonly ok: false
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: string
  readonly cause?: unknown
}
/** `ok` lets the request through; your answer must have the headers. */
export type Decision = Answer | Passed

export interface Passed {
  readonly ok: true
  readonly accessToken: AccessToken
  readonly headers: AnswerHeaders
  /** Decides once more, for scopes that are known only once the body is read. The token isn't verified again. */
  readonly withScope: (scope: string) => Decision
}

/**
 * Never throws. Ask before anything reads the body: a client without a token must learn so, whatever it sends, and nobody has to read
 * what strangers send.
 *
 * @param scope what the request needs, separated by spaces (RFC 6749 section 3.3), as far as that is known without its body
 */
export type Guard = (request: GuardedRequest, scope?: string) => Promise<Decision>

/** Any script may call, because browsers don't send the token by themselves. What the script must read is exposed. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version',
}
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST, DELETE',
  // The wildcard doesn't cover `Authorization`.
  'access-control-allow-headers':
    'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, *',
  'access-control-max-age': '86400',
}
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** @throws TypeError if an option is wrong */
export function createGuard(options: ResourceServerOptions): Guard {
  const { verifyAccessToken } = createVerifier(options)
  const { now = Date.now } = options
  const metadata = JSON.stringify(protectedResourceMetadata({ ...options, authorizationServers: [options.issuer] }))
  const paths = metadataPaths(options.resource)
  const pointer = `resource_metadata="${metadataUrl(options.resource)}"`
  const challenges = { Bearer: `Bearer ${pointer}`, DPoP: `DPoP ${pointer}, algs="${DPOP_ALGS.join(' ')}"` }

  function refuse(status: number, error: string, description: string, challenge: string, more: AnswerHeaders, cause?: unknown): Answer {
    const advice =
      status === 503 ? { 'retry-after': '5' } : { 'www-authenticate': `${challenge}, error="${error}", error_description="${description}"` }
    return {
      ok: false,
      status,
      headers: { ...more, ...JSON_TYPE, 'cache-control': 'no-store', ...advice },
      body: JSON.stringify({ error, error_description: description }),
      cause,
    }
  }

  /** RFC 9449 section 9: a client that sends proofs gets the nonce for the next one. */
  function headersFor(scheme: TokenScheme): AnswerHeaders {
    const nonce = scheme === 'DPoP' ? currentNonce(options, now()) : undefined
    return nonce === undefined ? CORS : { ...CORS, 'dpop-nonce': nonce }
  }

  return async ({ method = '', url = '', headers: { authorization = '', dpop } }, scope = '') => {
    if (method === 'OPTIONS') return { ok: false, status: 204, headers: PREFLIGHT, body: '' }
    if (paths.includes(url.split('?')[0]!)) {
      return { ok: false, status: 200, headers: { ...CORS, ...JSON_TYPE, 'cache-control': 'public, max-age=300' }, body: metadata }
    }
    const [, word, token] = /^(bearer|dpop) +(\S+) *$/i.exec(authorization) ?? []
    // RFC 6750 section 3.1: without any credentials, the challenge names no error.
    if (token === undefined)
      return { ok: false, status: 401, headers: { ...CORS, 'www-authenticate': challenges.Bearer + scopeOf(parseScope(scope)) }, body: '' }
    const scheme = word!.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer'
    const headers = headersFor(scheme)
    const verified = await verifyAccessToken(token, scheme === 'DPoP' ? { proof: dpop?.toString(), method, url } : undefined)
    if (!verified.ok) {
      const { code, description, cause } = verified.error
      const challenge = challenges[scheme] + scopeOf(parseScope(scope))
      return refuse(code === 'temporarily_unavailable' ? 503 : 401, code, description, challenge, headers, cause)
    }
    const accessToken = verified.value
    return withScope(scope)

    function withScope(scope: string): Decision {
      const { scopes } = accessToken
      // Compares the words as they were given, so that one that can't be a scope is never allowed.
      if (isSubset(scope.split(' ').filter(Boolean), scopes)) return { ok: true, accessToken, headers, withScope }
      // Includes the scopes that the client has: it would lose those that it doesn't request again.
      const asked = [...new Set([...scopes, ...parseScope(scope)])]
      const challenge = challenges[scheme] + scopeOf(asked)
      return refuse(403, 'insufficient_scope', 'the access token lacks a scope that this needs', challenge, headers)
    }
  }
}

const scopeOf = (scopes: readonly string[]): string => (scopes.length === 0 ? '' : `, scope="${formatScope(scopes)}"`)
