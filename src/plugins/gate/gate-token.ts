/**
 * Who calls through the gate (RFC 6750, RFC 9068 section 4, RFC 9449 section 7). Owns that a token counts here: it lives at this very
 * moment, it is for this resource alone, and its sender has its key. Not which scopes are needed (gate.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decideAccess } from '../../domain/access/decide-access.ts'
import type { Decision } from '../../domain/access/decide-access.ts'
import { KEY_NOT_PROVEN, keyOfAccessToken } from '../../domain/dpop/dpop-token.ts'
import type { TokenScheme } from '../../domain/dpop/dpop-token.ts'
import type { GuardedResource } from '../../domain/gate/gate-table.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { resourceKey } from '../../domain/protocol/resource-indicator.ts'
import type { FindAccessToken, LiveAccessToken } from '../authentication/access-tokens.ts'
import { headerToken } from '../authentication/bearer.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import { askerOf } from '../authentication/live-rights.ts'
import { createFailureLimit } from '../kernel/rate-limits.ts'

export interface Caller extends LiveAccessToken {
  /** What the rules say about this resource, its user and its client. */
  readonly decision: Decision
  readonly token: string
  readonly scheme: TokenScheme
  /** Those that count now. */
  readonly scopes: readonly string[]
}

/** Why there is no caller; `error` is absent if there was no token. */
export interface NoCaller {
  readonly scheme: TokenScheme
  readonly error?: OAuthError
}

export type FoundCaller = { readonly caller: Caller; readonly none?: undefined } | { readonly caller?: undefined; readonly none: NoCaller }

/** What was asked for, where that isn't the request itself: a proxy asks about another one. */
export interface AskedFor {
  readonly address: string
  readonly method: string
}

export type FindCaller = (request: FastifyRequest, reply: FastifyReply, gated: GuardedResource, asked?: AskedFor) => Promise<FoundCaller>

export function createCallerFinder(
  app: FastifyInstance,
  { findAccessToken, verifyDpopProof }: { findAccessToken: FindAccessToken; verifyDpopProof: VerifyDpopProof },
): FindCaller {
  const limitFailures = createFailureLimit(app)
  const dead = () => new OAuthError('invalid_token', 'the access token is invalid, expired, revoked, or for another resource')

  /** @throws {OAuthError} if the token doesn't count */
  async function check(
    request: FastifyRequest,
    reply: FastifyReply,
    { resource }: GuardedResource,
    { token, scheme }: NonNullable<ReturnType<typeof headerToken>>,
    asked: AskedFor | undefined,
  ): Promise<Caller> {
    const live = await findAccessToken(token)
    if (live === undefined || resourceKey(live.claims.aud) !== resourceKey(resource.identifier)) throw dead()
    const bound = keyOfAccessToken(scheme, live.claims.cnf)
    if (!bound.ok) throw new OAuthError('invalid_token', bound.error)
    if (bound.value !== undefined) {
      const proven = await verifyDpopProof(request, reply, {
        address: asked?.address ?? addressOf(resource.identifier, request.url),
        method: asked?.method,
        accessToken: token,
      })
      if (!proven.ok) throw new OAuthError(proven.error.code, proven.error.description, { status: 401 })
      if (proven.value !== bound.value) throw new OAuthError('invalid_token', KEY_NOT_PROVEN)
    }
    const decision = decideAccess((await app.resourceRegistry()).access, resource, askerOf(live.claims, live))
    return { ...live, decision, token, scheme, scopes: live.rights.scopes ?? [] }
  }

  return async (request, reply, gated, asked) => {
    const presented = headerToken(request)
    if (presented === undefined) return { none: { scheme: 'Bearer' } }
    try {
      return { caller: await limitFailures(request, () => check(request, reply, gated, presented, asked)) }
    } catch (error) {
      if (error instanceof OAuthError && error.status === 401) return { none: { scheme: presented.scheme, error } }
      throw error
    }
  }
}

/** The host is always that of the resource, never that of the `Host` header. */
const addressOf = (identifier: string, target: string): string => new URL(identifier).origin + target
