/**
 * Personal access tokens: what somebody made for a script of their own (docs/account.md). Their text has a prefix and a checksum, by which
 * secret scanners recognize one. Instants are milliseconds since the epoch.
 */
import { crc32 } from 'node:zlib'
import { BUILT_IN_SCOPES, isSubset } from '../protocol/scope.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { sha256 } from '../protocol/sha256.ts'
import { plainText } from '../protocol/text.ts'
import type { Resource } from '../resource/resource.ts'
import { scopeNames } from '../resource/resource-registry.ts'
import type { AccessTokenClaims } from './access-token-claims.ts'

/** A personal access token as it is stored: only the hash of its text is. */
export interface PersonalToken {
  readonly id: string
  readonly tokenHash: string
  readonly userId: string
  /** As its owner calls it. */
  readonly name: string
  /** The registered resource that it is for. */
  readonly resourceId: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt?: number | undefined
}

/** The `client_id` of these tokens, and of the requests that exchange them. No client can have it: ids are random, or addresses. */
export const PERSONAL_TOKEN_CLIENT = 'personal-access-token'

/** The only grant type of that client (RFC 8693 section 2.1). */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Its use is recorded at most this often, in ms. */
export const PERSONAL_TOKEN_USED_INTERVAL_MS = 3_600_000
/** Most that one person may have: nobody needs more, and a page shows them all. */
export const MOST_PERSONAL_TOKENS = 50
/** Seconds. */
export const USUAL_PERSONAL_TOKEN_TTL = 90 * 86_400
const SHORTEST_TTL = 60
const MAX_NAME = 100

const PREFIX = 'ssp_'
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Of 32 bytes, and of 32 bits, in base 62. */
const SECRET_LENGTH = 43
const CHECKSUM_LENGTH = 6
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`)

/** @param secret 32 random bytes */
export function formatPersonalToken(secret: Uint8Array): string {
  const text = inBase62(BigInt(`0x${Buffer.from(secret).toString('hex')}`), SECRET_LENGTH)
  return PREFIX + text + checksumOf(text)
}

/** Whether a text means to be one, right or wrong. */
export const isPersonalToken = (text: string): boolean => text.startsWith(PREFIX)

/** The hash under which it is stored; `undefined` if it is mistyped or made up. */
export function hashPersonalToken(text: string): string | undefined {
  if (!FORM.test(text)) return undefined
  const secret = text.slice(PREFIX.length, -CHECKSUM_LENGTH)
  return text.endsWith(checksumOf(secret)) ? sha256(text) : undefined
}

const checksumOf = (text: string): string => inBase62(BigInt(crc32(text)), CHECKSUM_LENGTH)

function inBase62(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let at = 0; at < length; at++) {
    text = DIGITS[Number(rest % 62n)]! + text
    rest /= 62n
  }
  return text
}

/** What a token for this resource may have: its scopes, and those of this server that are about the user. */
export const personalScopes = (resource: Pick<Resource, 'scopes'>): string[] => [
  ...scopeNames(resource),
  ...BUILT_IN_SCOPES.filter((scope) => scope !== 'offline_access'),
]

/** What somebody asks for. */
export interface PersonalTokenRequest {
  readonly name: string
  readonly scopes: readonly string[]
  /** Seconds. */
  readonly ttl: number
}

export type PersonalTokenProblem = 'name' | 'scopes' | 'expiry' | 'refused'

/** @param maxTtl the longest life, in seconds */
export function parsePersonalToken(
  { name: raw, scopes, ttl }: PersonalTokenRequest,
  resource: Resource,
  maxTtl: number,
): Result<PersonalTokenRequest, PersonalTokenProblem> {
  const name = plainText(raw, MAX_NAME)
  if (resource.refusesPersonalTokens === true) return err('refused')
  if (name === '') return err('name')
  // Without any scope, it would open a resource that has none, and nothing at one that has some.
  if (!isSubset(scopes, personalScopes(resource)) || (scopes.length === 0 && resource.scopes.length > 0)) return err('scopes')
  if (!Number.isInteger(ttl) || ttl < SHORTEST_TTL || ttl > maxTtl) return err('expiry')
  return ok({ name, scopes: [...new Set(scopes)], ttl })
}

/**
 * The claims of a token, as an access token has them.
 *
 * @param issued of the token itself, or of what it is exchanged for; `exp` never beyond the token's
 */
export function personalTokenClaims(
  { id, userId, scopes }: Pick<PersonalToken, 'id' | 'userId' | 'scopes'>,
  resource: Pick<Resource, 'identifier' | 'scopes'>,
  { issuer, ...issued }: { readonly issuer: string; readonly jti: string; readonly iat: number; readonly exp: number },
): AccessTokenClaims {
  const known = personalScopes(resource)
  return {
    iss: issuer,
    sub: userId,
    aud: resource.identifier,
    client_id: PERSONAL_TOKEN_CLIENT,
    scope: scopes.filter((scope) => known.includes(scope)).join(' '),
    pid: id,
    ...issued,
  }
}
