/**
 * The gate's own answers: refusals with a JSON-RPC error, so that no client takes them for those of a server of another revision, and
 * challenges (RFC 6750 section 3, RFC 9728 section 5.1). Owns how they look; not when they are given.
 */
import type { FastifyReply } from 'fastify'
import { DPOP_ALGS } from '../../domain/dpop/dpop-proof.ts'
import type { TokenScheme } from '../../domain/dpop/dpop-token.ts'
import type { GuardedResource } from '../../domain/gate/gate-table.ts'
import { REFUSED, jsonRpcError } from '../../domain/gate/json-rpc.ts'
import type { MessageId } from '../../domain/gate/json-rpc.ts'
import { OAuthError, wireText } from '../../domain/protocol/errors.ts'
import { formatScope } from '../../domain/protocol/scope.ts'
import { StorageUnavailable } from '../../storage/storage.ts'
import type { NoCaller } from './gate-token.ts'

/** Why a request goes no further. */
export interface GateRefusal {
  readonly status: number
  /** For the client. */
  readonly message: string
  readonly code?: number | undefined
  readonly id?: MessageId | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** What an access rule denied, in words, and to whom; for the operator only. */
  readonly denial?: { readonly words: string; readonly clientId: string; readonly username: string | undefined }
  /** The tool that must not be called. */
  readonly tool?: string | undefined
}

export const METHODS = 'GET, POST, DELETE'

/** Any page may call, because browsers don't send the token by themselves. What its script must read is exposed. */
export const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate, Retry-After, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version',
}
export const PREFLIGHT = {
  'access-control-allow-methods': METHODS,
  // The wildcard doesn't cover `Authorization`.
  'access-control-allow-headers':
    'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, *',
  'access-control-max-age': '86400',
}

export function sendRefusal(reply: FastifyReply, { status, message, code = REFUSED, id, headers = {} }: GateRefusal): void {
  reply
    .code(status)
    .headers({ ...CORS, 'cache-control': 'no-store', ...headers })
    .type('application/json; charset=utf-8')
    .serializer(String)
    .send(jsonRpcError(code, message, id))
}

export interface Challenge {
  readonly scheme?: TokenScheme
  /** Absent for a request without a token (RFC 6750 section 3.1). */
  readonly error?: string
  readonly description?: string
  readonly scopes: readonly string[]
  /** The login that would do (RFC 9470 section 3). */
  readonly acr?: string
}

export function challengeOf(
  { metadataUrl }: GuardedResource,
  { scheme = 'Bearer', error, description = '', scopes, acr }: Challenge,
): string {
  const parts = [
    `resource_metadata="${metadataUrl}"`,
    ...(error === undefined ? [] : [`error="${error}"`, `error_description="${wireText(description)}"`]),
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(scopes.length === 0 ? [] : [`scope="${formatScope(scopes)}"`]),
    ...(scheme === 'DPoP' ? [`algs="${DPOP_ALGS.join(' ')}"`] : []),
  ]
  return `${scheme} ${parts.join(', ')}`
}

/** What a token lacks, with the scopes that it has: a client would lose those that it doesn't ask for again. */
export function lacksScope(
  gated: GuardedResource,
  scheme: TokenScheme,
  granted: readonly string[],
  missing: readonly string[],
  id?: MessageId,
): GateRefusal {
  const description = 'the access token does not allow this'
  const scopes = [...new Set([...granted, ...missing])]
  const challenge = challengeOf(gated, { scheme, error: 'insufficient_scope', description, scopes })
  return { status: 403, message: description, id, headers: { 'www-authenticate': challenge } }
}

export function askForToken(gated: GuardedResource, { scheme, error }: NoCaller, base: string | undefined): GateRefusal {
  const description = error?.description ?? 'an access token is required'
  const scopes = base === undefined ? [] : [base]
  const challenge = challengeOf(gated, { scheme, scopes, ...(error !== undefined && { error: error.code, description }) })
  return { status: 401, message: description, headers: { 'www-authenticate': challenge } }
}

/** `undefined` for a defect. */
export function toRefusal(error: unknown): GateRefusal | undefined {
  const headers = { 'retry-after': '5' }
  if (error instanceof StorageUnavailable)
    return { status: 503, message: 'the server cannot answer now: try again in a few seconds', headers }
  return error instanceof OAuthError ? { status: error.status, message: error.description, headers } : undefined
}
