/** Signs our tokens and recognises them again (RFC 7519, RFC 9068 section 2.1; THREATS T11). */
import { SignJWT, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { Lru } from 'toad-cache'
import type { AccessTokenClaims } from '../domain/claims.ts'
import { sha256 } from '../domain/credentials.ts'
import type { Keyset, SigningAlg } from './keyset.ts'

export interface Jwt {
  signAccessToken(claims: AccessTokenClaims): Promise<string>
  signIdToken(claims: JWTPayload, alg: SigningAlg): Promise<string>
  /** The claims of an access token of ours, whatever its `aud`; `undefined` for anything else, and past its end. */
  verifyAccessToken(token: string, now: number): Promise<AccessTokenClaims | undefined>
}

/** How many verified tokens are remembered, by the hash of the whole token (THREATS T13). */
const REMEMBERED = 10_000
const ACCESS_TOKEN_TYPE = 'at+jwt'

export function createJwt(keyset: Keyset, issuer: string, accessTokenAlg: SigningAlg): Jwt {
  const verified = new Lru<AccessTokenClaims>(REMEMBERED)

  function sign(claims: JWTPayload, typ: string, alg: SigningAlg): Promise<string> {
    const key = keyset.signingKey(alg)
    return new SignJWT(claims).setProtectedHeader({ alg, typ, kid: key.kid }).sign(key.privateKey)
  }

  async function verify(token: string, now: number): Promise<AccessTokenClaims | undefined> {
    try {
      const { payload } = await jwtVerify(
        token,
        // The header names one of our keys, and the key says the algorithm: the header has no other word in it.
        async ({ kid = '', alg }) => {
          await keyset.follow(now, kid)
          const key = keyset.find(kid)
          if (key === undefined || key.alg !== alg) throw new Error('not a key of ours')
          return key.publicKey
        },
        { issuer, typ: ACCESS_TOKEN_TYPE, requiredClaims: ['sub', 'aud', 'client_id', 'gid', 'jti', 'exp'], currentDate: new Date(now) },
      )
      return payload as unknown as AccessTokenClaims
    } catch {
      return undefined
    }
  }

  return {
    signAccessToken: (claims) => sign(claims as unknown as JWTPayload, ACCESS_TOKEN_TYPE, accessTokenAlg),
    signIdToken: (claims, alg) => sign(claims, 'JWT', alg),
    async verifyAccessToken(token, now) {
      const hash = sha256(token)
      const known = verified.get(hash)
      const claims = known ?? (await verify(token, now))
      if (claims === undefined || claims.exp * 1000 <= now) return undefined
      if (known === undefined) verified.set(hash, claims)
      return claims
    },
  }
}
