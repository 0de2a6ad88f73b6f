/**
 * Recognizes live access tokens of this server, JWTs (RFC 9068) and opaque ones. Owns where to look each kind up; not what a token
 * permits, nor how it arrives in a request (bearer.ts).
 */
import type { FastifyInstance } from 'fastify'
import type { ScopesNow } from '../../domain/access/rights-now.ts'
import type { RequestedClaims } from '../../domain/authorization/claims-request.ts'
import { isPersonalToken } from '../../domain/token/personal-token.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import type { AccessTokenKey, Asked, LiveGrant, LiveToken } from '../../storage/storage.ts'
import type { ReadCaller } from './client-authentication.ts'
import type { PersonalTokenFinder } from './personal-tokens.ts'
import { rightsOfToken } from './live-rights.ts'

export interface LiveAccessToken {
  readonly claims: AccessTokenClaims
  /** Its subject; absent where a client got it for itself. */
  readonly user: UserProfile | undefined
  /** Those of the user at this moment. */
  readonly groups: readonly string[]
  /** What it opens at this moment, under the access rules. */
  readonly rights: ScopesNow
  /** What UserInfo returns besides the claims of the scopes. */
  readonly requested?: RequestedClaims | undefined
}

/** The token's claims and its user; `undefined` if it isn't ours, or if it, its grant or its client expired or was revoked. */
export type FindAccessToken = (token: string) => Promise<LiveAccessToken | undefined>

/** A token that somebody asks about: who asks is read together with what is behind it, where one statement can do both. */
export interface AskedToken {
  readonly readCaller: ReadCaller
  /** What `FindAccessToken` finds, at the instant when the caller was read; if nobody was, now. */
  find(): Promise<LiveAccessToken | undefined>
}

/** What the text of a token says without the database. */
type Recognized =
  | { readonly kind: 'personal'; readonly text: string }
  | { readonly kind: 'opaque'; readonly tokenHash: string }
  | { readonly kind: 'jwt'; readonly claims: AccessTokenClaims }

type ReadLive = (key: AccessTokenKey) => Promise<LiveToken | undefined>

export function createAccessTokenFinder(
  app: FastifyInstance,
  personal: PersonalTokenFinder,
): { findAccessToken: FindAccessToken; askAbout: (token: string) => AskedToken } {
  const { grants, clients, resources, clientTokens } = app.storage

  async function recognize(token: string): Promise<Recognized | undefined> {
    // Opaque tokens, as all our secrets, hold no dot.
    if (!token.includes('.'))
      return isPersonalToken(token) ? { kind: 'personal', text: token } : { kind: 'opaque', tokenHash: sha256(token) }
    const claims = await app.jwt.verifyAccessToken(token, app.now())
    return claims && { kind: 'jwt', claims }
  }

  async function live(claims: AccessTokenClaims, { user, groups, claims: requested }: Partial<LiveGrant> = {}): Promise<LiveAccessToken> {
    const holder = { user, groups: groups ?? [] }
    return { claims, ...holder, requested, rights: rightsOfToken(claims, holder, await app.resourceRegistry()) }
  }

  const readLive: ReadLive = (key) =>
    'tokenHash' in key ? grants.findAccessToken(key.tokenHash, app.now()) : grants.findLive(key.grantId, key.jti, app.now())

  async function findRecognized(recognized: Recognized, read: ReadLive): Promise<LiveAccessToken | undefined> {
    if (recognized.kind === 'personal') {
      const mine = await personal.find(recognized.text)
      return mine && live(personal.claimsOf(mine), { user: mine.user, groups: mine.groups })
    }
    return recognized.kind === 'opaque' ? findOpaque(recognized.tokenHash, read) : findJwt(recognized.claims, read)
  }

  async function findOpaque(tokenHash: string, read: ReadLive): Promise<LiveAccessToken | undefined> {
    const found = await read({ tokenHash })
    if (found?.token !== undefined) return live(found.token.claims, found)
    const own = await clientTokens.find(tokenHash, app.now())
    return own && live(own.claims)
  }

  async function findJwt(claims: AccessTokenClaims, read: ReadLive): Promise<LiveAccessToken | undefined> {
    const { gid: grantId, pid, jti } = claims
    if (pid !== undefined) {
      const holder = await personal.holderOf({ pid, jti })
      return holder && live(claims, { user: holder.user, groups: holder.groups })
    }
    if (grantId === undefined) return (await clientTokens.isLive(claims)) ? live(claims) : undefined
    const found = await read({ grantId, jti })
    return found && live(claims, found)
  }

  function askAbout(token: string): AskedToken {
    let recognizing: Promise<Recognized | undefined> | undefined
    const recognized = () => (recognizing ??= recognize(token))
    let read = readLive

    /** Keeps what was found of the token. */
    function keep<A>({ asker, live }: Asked<A>): A | undefined {
      read = async () => live
      return asker
    }

    return {
      readCaller: {
        async client(id) {
          const key = keyOf(await recognized())
          return key === undefined ? clients.find(id) : keep(await grants.findForClient(id, key, app.now()))
        },
        async resource(id) {
          const key = keyOf(await recognized())
          return key === undefined ? resources.find(id) : keep(await grants.findForResource(id, key, app.now()))
        },
      },
      async find() {
        const known = await recognized()
        return known && findRecognized(known, read)
      },
    }
  }

  return {
    async findAccessToken(token) {
      const known = await recognize(token)
      return known && findRecognized(known, readLive)
    },
    askAbout,
  }
}

/** By what a token's grant is found; `undefined` for what has none, which takes a statement of its own. */
function keyOf(recognized: Recognized | undefined): AccessTokenKey | undefined {
  if (recognized?.kind === 'opaque') return { tokenHash: recognized.tokenHash }
  if (recognized?.kind !== 'jwt') return undefined
  const { gid, pid, jti } = recognized.claims
  return gid === undefined || pid !== undefined ? undefined : { grantId: gid, jti }
}

/**
 * What a token would open if it hadn't expired: `undefined` unless its grant, its client and its user are as they were, and nobody revoked
 * it.
 */
export type FindRights = (claims: AccessTokenClaims) => Promise<ScopesNow | undefined>

export function createRightsFinder(app: FastifyInstance, personal: PersonalTokenFinder): FindRights {
  const { grants, clientTokens } = app.storage

  async function holderOf(claims: AccessTokenClaims) {
    const { pid, jti } = claims
    if (pid !== undefined) return personal.holderOf({ pid, jti }, true)
    if (claims.gid !== undefined) return grants.findLive(claims.gid, claims.jti, app.now())
    return (await clientTokens.isLive(claims)) ? { user: undefined, groups: [] } : undefined
  }

  return async (claims) => {
    const holder = await holderOf(claims)
    return holder && rightsOfToken(claims, holder, await app.resourceRegistry())
  }
}
