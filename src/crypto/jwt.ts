/** Signs and verifies our own tokens (RFC 7519, RFC 9068 section 2.1; threat-model.md T11). Each kind of token has its own `typ`. */
import type { JWTPayload } from 'jose'
import { Lru } from 'toad-cache'
import type { AccessTokenClaims } from '../domain/token/access-token-claims.ts'
import type { SigningAlg } from '../domain/key/stored-key.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { isSignedBy, parseJws, signJws } from './jws.ts'
import type { Keyset } from './keyset.ts'

export interface Jwt {
  signAccessToken(claims: AccessTokenClaims, alg?: SigningAlg): Promise<string>
  signIdToken(claims: JWTPayload, alg: SigningAlg): Promise<string>
  signLogoutToken(claims: JWTPayload, alg: SigningAlg): Promise<string>
  /** Who calls, for the upstream of a gate. Its `typ` keeps it from passing for any other token. */
  signAssertion(claims: JWTPayload, alg: SigningAlg): Promise<string>
  /** Has no `typ`, because none is defined and it must not pass for an id_token. */
  signUserInfo(claims: JWTPayload, alg: SigningAlg): Promise<string>
  /** Has no `typ`, either. */
  signAuthorizationResponse(claims: JWTPayload, alg: SigningAlg): Promise<string>
  signIntrospection(claims: JWTPayload, alg: SigningAlg): Promise<string>
  /** The claims of our access token, with any `aud`; `undefined` for anything else, and once it has expired. `now` is ms. */
  verifyAccessToken(token: string, now: number): Promise<AccessTokenClaims | undefined>
  /** The user and the client of our id_token, also after it has expired; `undefined` for anything else. `now` is ms. */
  verifyIdTokenHint(token: string, now: number): Promise<IdTokenHint | undefined>
}

export interface IdTokenHint {
  readonly sub: string
  readonly aud: string
}

/** The claims of a verified token, and the key that signed them. */
interface Verified {
  readonly claims: JWTPayload
  readonly kid: string
}

/** How many verified tokens are cached, and how many that were issued, by the hash of the whole token (threat-model.md T13). */
export const REMEMBERED = 10_000
const ACCESS_TOKEN_TYPE = 'at+jwt'
const ACCESS_TOKEN_CLAIMS = ['sub', 'aud', 'client_id', 'jti', 'iat']
const ID_TOKEN_TYPE = 'JWT'
const ID_TOKEN_CLAIMS = ['sub', 'aud']
/** Of our own. */
const ASSERTION_TYPE = 'solar-assertion+jwt'
/** OpenID Connect Back-Channel Logout section 2.4. */
const LOGOUT_TOKEN_TYPE = 'logout+jwt'
/** RFC 9701 section 5. */
const INTROSPECTION_TYPE = 'token-introspection+jwt'

export function createJwt(keyset: Keyset, issuer: string, accessTokenAlg: SigningAlg): Jwt {
  const verified = new Lru<Verified>(REMEMBERED)
  // Tokens that this process signed and nobody has shown yet. They are apart, so that those that never come don't push out those that do.
  const issued = new Lru<true>(REMEMBERED)

  async function sign(claims: JWTPayload, typ: string | undefined, alg: SigningAlg): Promise<string> {
    const key = await keyset.signingKey(alg)
    return signJws(claims, { alg, typ, kid: key.kid }, key)
  }

  /**
   * Verifies everything but the expiry. The header chooses the key, and nothing else.
   *
   * @param isOurs whether this process signed exactly this text: then its key still has to be there, but needn't verify it
   */
  async function verify(
    token: string,
    now: number,
    typ: string,
    required: readonly string[],
    isOurs = false,
  ): Promise<Verified | undefined> {
    const jws = parseJws(token)
    if (jws === undefined) return undefined
    const { header, payload } = jws
    const { kid } = header
    const { iss, exp, nbf = 0 } = payload
    if (typeof kid !== 'string' || header['typ'] !== typ || iss !== issuer || required.some((name) => payload[name] === undefined))
      return undefined
    if (typeof exp !== 'number' || typeof nbf !== 'number' || nbf * 1000 > now) return undefined
    await keyset.refresh(now, kid)
    const key = keyset.find(kid)
    return key !== undefined && (isOurs || isSignedBy(jws, key)) ? { claims: payload, kid } : undefined
  }

  return {
    async signAccessToken(claims, alg = accessTokenAlg) {
      const token = await sign(claims as unknown as JWTPayload, ACCESS_TOKEN_TYPE, alg)
      issued.set(sha256(token), true)
      return token
    },
    signIdToken: (claims, alg) => sign(claims, ID_TOKEN_TYPE, alg),
    signLogoutToken: (claims, alg) => sign(claims, LOGOUT_TOKEN_TYPE, alg),
    signAssertion: (claims, alg) => sign(claims, ASSERTION_TYPE, alg),
    signUserInfo: (claims, alg) => sign(claims, undefined, alg),
    signAuthorizationResponse: (claims, alg) => sign(claims, undefined, alg),
    signIntrospection: (claims, alg) => sign(claims, INTROSPECTION_TYPE, alg),
    async verifyAccessToken(token, now) {
      const hash = sha256(token)
      const known = verified.get(hash)
      if (known !== undefined) await keyset.refresh(now, known.kid)
      const found = known ?? (await verify(token, now, ACCESS_TOKEN_TYPE, ACCESS_TOKEN_CLAIMS, issued.get(hash)))
      const claims = found?.claims as AccessTokenClaims | undefined
      // The key may have been revoked since.
      if (found === undefined || claims!.exp * 1000 <= now || keyset.find(found.kid) === undefined) return undefined
      // Only a token that a client got for itself has no grant (RFC 9068 section 2.2), or personal access token behind it. A user's token
      // without one couldn't be revoked.
      if (claims!.gid === undefined && claims!.pid === undefined && claims!.sub !== claims!.client_id) return undefined
      if (known === undefined) {
        verified.set(hash, found)
        issued.delete(hash)
      }
      return claims
    },
    async verifyIdTokenHint(token, now) {
      // OpenID Connect Core section 3.1.2.2: a hint is valid after its expiry.
      const found = await verify(token, now, ID_TOKEN_TYPE, ID_TOKEN_CLAIMS)
      return found?.claims as IdTokenHint | undefined
    },
  }
}
