/** Makes access tokens, with the lifetime, format and algorithm of their resource. */
import { accessTokenClaims, clientTokenClaims } from '../domain/token/claims.ts'
import type { AccessTokenClaims } from '../domain/token/access-token-claims.ts'
import type { TokenOptions } from '../domain/token/claims.ts'
import { schemeOf } from '../domain/dpop/dpop-token.ts'
import type { TokenScheme } from '../domain/dpop/dpop-token.ts'
import type { AccessToken, ClientToken, Grant } from '../domain/token/grant.ts'
import type { Client } from '../domain/client/client.ts'
import { subjectOf } from '../domain/client/subject.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import type { GrantContext } from './grant.ts'

export interface NewAccessToken<Stored = AccessToken> {
  /** Seconds. */
  readonly ttl: number
  /** The `token_type`. */
  readonly type: TokenScheme
  /** What the storage keeps of an opaque token; `undefined` for a JWT. */
  readonly stored: Stored | undefined
  /** The token itself. Signs a JWT only now, so refused requests cost no signature. */
  serialize(): Promise<string>
}

export function newAccessToken(context: GrantContext, client: Client, grant: Grant, target: TokenTarget, now: number): NewAccessToken {
  const subject = subjectOf(client.metadata, grant, context.subjectKey)
  const longest = grant.identityId === undefined ? undefined : context.settings.providedJwtTtl
  const made = make(
    context,
    target,
    now,
    (options) => accessTokenClaims(grant, subject, target, options, client.metadata.userinfoSignedResponseAlg),
    longest,
  )
  return { ...made, stored: made.stored && { ...made.stored, grantId: grant.id } }
}

/** A token that a client gets for itself, without a grant. */
export const newClientToken = (context: GrantContext, client: Client, target: TokenTarget, now: number): NewAccessToken<ClientToken> =>
  make(context, target, now, (options) => clientTokenClaims(client.id, target, options))

function make(
  { jwt, settings, dpopJkt: jkt, newId, newSecret }: GrantContext,
  { resource }: TokenTarget,
  now: number,
  claimsOf: (options: TokenOptions) => AccessTokenClaims,
  /** Of a JWT, which nobody can take back, in seconds. */
  longest = Infinity,
): NewAccessToken<ClientToken> {
  const isJwt = (resource?.accessTokenFormat ?? settings.accessTokenFormat) === 'jwt'
  const wanted = resource?.accessTokenTtl ?? settings.accessTokenTtl
  const ttl = isJwt ? Math.min(wanted, longest) : wanted
  const claims = claimsOf({ issuer: settings.issuer, jti: newId(), now, ttl, jkt })
  const type = schemeOf(jkt)
  if (isJwt) {
    return { ttl, type, stored: undefined, serialize: () => jwt.signAccessToken(claims, resource?.accessTokenAlg) }
  }
  const secret = newSecret()
  const stored = { tokenHash: sha256(secret), resourceId: resource?.id, claims, expiresAt: claims.exp * 1000 }
  return { ttl, type, stored, serialize: async () => secret }
}
