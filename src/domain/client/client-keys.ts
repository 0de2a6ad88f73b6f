/** A client's public keys (RFC 7517): registered by value or by address, never both (RFC 7591 section 2). */
import type { ClientKeyMembers } from '../../schemas/registration.ts'
import { holdsHalfCharacter, isJsonObject } from '../protocol/json.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isHttpsUri } from '../protocol/uri.ts'

/** How a client may sign its assertions: asymmetric only (threat-model.md T10). */
export const ASSERTION_ALGS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type AssertionAlg = (typeof ASSERTION_ALGS)[number]

/** A public key, reduced to its key material and the members that describe its use. */
export type PublicJwk = { readonly kty: string; readonly key_ops?: readonly string[] } & {
  readonly [member in (typeof TEXT_MEMBERS)[number]]?: string
}

export interface Jwks {
  readonly keys: readonly PublicJwk[]
}

export interface ClientKeys {
  readonly jwks?: Jwks
  readonly jwksUri?: string
  readonly tokenEndpointAuthSigningAlg?: AssertionAlg
}

const MAX_KEYS = 32
/** The required members of each key type (RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2). */
const KEY_TYPES = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
])
const TEXT_MEMBERS = ['use', 'alg', 'kid', 'n', 'e', 'crv', 'x', 'y'] as const
/** Private members (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * The keys in client metadata. Both `jwks` and `jwks_uri` at once are refused (RFC 7591 section 2). The error is a sentence that
 * names the member.
 *
 * @param needed whether the client authenticates with them: then wrong ones are refused, otherwise they are dropped
 */
export function parseClientKeys(members: ClientKeyMembers, needed: boolean): Result<ClientKeys, string> {
  const { jwks: rawJwks, jwks_uri: rawUri, token_endpoint_auth_signing_alg: rawAlg } = members
  const hasJwks = rawJwks !== undefined && rawJwks !== null
  const hasUri = rawUri !== undefined && rawUri !== null
  if (hasJwks && hasUri) return err('jwks and jwks_uri must not both be given')
  const jwks = hasJwks ? parseJwks(rawJwks) : undefined
  const jwksUri = hasUri && isHttpsUri(rawUri) ? rawUri : undefined
  const alg = ASSERTION_ALGS.find((known) => known === rawAlg)
  if (needed) {
    if (jwks?.ok === false) return err(`jwks ${jwks.error}`)
    if (hasUri && jwksUri === undefined) return err('jwks_uri must be an https URL')
    if (!hasJwks && !hasUri) return err('private_key_jwt needs jwks or jwks_uri')
    // Dropping the algorithm would let any other one count, against the client's wish.
    if (rawAlg !== undefined && rawAlg !== null && alg === undefined)
      return err(`token_endpoint_auth_signing_alg must be one of ${ASSERTION_ALGS.join(', ')}`)
  }
  return ok({
    ...(jwks?.ok === true && { jwks: jwks.value }),
    ...(jwksUri !== undefined && { jwksUri }),
    ...(alg !== undefined && { tokenEndpointAuthSigningAlg: alg }),
  })
}

/** Parses the body of a `jwks_uri`; the error is a sentence for the log. */
export function parseJwksText(body: string): Result<Jwks, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return err('the key set is not JSON')
  }
  if (holdsHalfCharacter(body)) return err('the key set holds a text that is not Unicode')
  const jwks = parseJwks(parsed)
  return jwks.ok ? jwks : err(`the key set ${jwks.error}`)
}

/** A key set without the keys of unknown types (RFC 7517 section 5); the error is the rest of a sentence. */
export function parseJwks(raw: unknown): Result<Jwks, string> {
  if (!isJsonObject(raw) || !Array.isArray(raw['keys'])) return err('must be an object with an array "keys"')
  const entries: unknown[] = raw['keys']
  if (entries.length > MAX_KEYS) return err(`must have at most ${MAX_KEYS} keys`)
  const keys: PublicJwk[] = []
  for (const entry of entries) {
    if (!isJsonObject(entry) || typeof entry['kty'] !== 'string') return err('has an entry that is not a key')
    if (entry['kty'] === 'oct' || PRIVATE_MEMBERS.some((member) => entry[member] !== undefined)) return err('must hold public keys only')
    const needed = KEY_TYPES.get(entry['kty'])
    if (needed?.every((member) => typeof entry[member] === 'string') === false) return err(`has a key without ${needed.join(', ')}`)
    if (isCostlyKey(entry)) return err('has an RSA key with a modulus of more than 4096 bits, or an exponent of more than 32')
    if (needed !== undefined) keys.push(toPublicJwk(entry, entry['kty']))
  }
  return keys.length > 0 ? ok({ keys }) : err('holds no key of type RSA, EC or OKP')
}

function toPublicJwk(entry: Record<string, unknown>, kty: string): PublicJwk {
  const texts = TEXT_MEMBERS.filter((member) => typeof entry[member] === 'string').map((member) => [member, entry[member]] as const)
  const operations: unknown = entry['key_ops']
  return {
    kty,
    ...(Object.fromEntries(texts) as Partial<PublicJwk>),
    ...(Array.isArray(operations) && { key_ops: operations.filter((operation) => typeof operation === 'string') }),
  }
}

/** Longest RSA modulus and exponent of a key, in base64url characters: 4096 and 32 bits. Nearly every key has an exponent of 17 bits. */
const MAX_MODULUS = 683
const MAX_EXPONENT = 6

/**
 * Whether checking a signature with this RSA key, good or bad, costs too much (threat-model.md T18): an exponent as long as
 * the modulus makes it as slow as signing, or slower.
 */
export function isCostlyKey({ kty, n, e }: { readonly kty?: unknown; readonly n?: unknown; readonly e?: unknown }): boolean {
  return kty === 'RSA' && (isLonger(n, MAX_MODULUS) || isLonger(e, MAX_EXPONENT))
}

const isLonger = (text: unknown, limit: number): boolean => typeof text === 'string' && text.length > limit
