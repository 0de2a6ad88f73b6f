/** Verifies access tokens (RFC 9068 section 4, RFC 7662, RFC 9449 section 7). Owns the order of the checks; threat-model.md T11, T13. */
import { errors, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import type { ProofFailure } from '../domain/dpop/dpop-proof.ts'
import { keyOfAccessToken } from '../domain/dpop/dpop-token.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { readAccessToken, SKEW } from './access-token.ts'
import type { AccessToken } from './access-token.ts'
import { discover } from './discovery.ts'
import type { IssuerEndpoints } from './discovery.ts'
import { fetchJson } from './fetch-json.ts'
import { createIntrospection } from './introspection.ts'
import type { Claims } from './introspection.ts'
import { createKeySource } from './key-source.ts'
import { checkOptions } from './options.ts'
import type { VerifierOptions } from './options.ts'
import { createPossession } from './possession.ts'
import type { DpopRequest } from './possession.ts'

export interface VerificationFailure {
  /**
   * `invalid_token`: refused for good. `temporarily_unavailable`: the authorization server is unreachable. The others are about
   * the proof.
   */
  readonly code: 'invalid_token' | 'temporarily_unavailable' | ProofFailure['code']
  /** For the client; never contains parts of the token. */
  readonly description: string
  /** For the log. */
  readonly cause?: unknown
}

export interface Verifier {
  /**
   * Never throws. Concurrent calls share what they fetch.
   *
   * @param dpop the request, if it uses the scheme DPoP; otherwise the token is a bearer token
   */
  verifyAccessToken(token: string, dpop?: DpopRequest): Promise<Result<AccessToken, VerificationFailure>>
}

/** Asymmetric signatures only: if symmetric ones were accepted, anybody could sign with the public key. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'EdDSA', 'Ed25519']
/** The longest token that is read, in characters. */
const MAX_LENGTH = 16_384
/** The opaque tokens of this server (crypto/random.ts), and those that people make for themselves. */
const OPAQUE = /^(?:[\w-]{43}|ssp_[\dA-Za-z]{49})$/

/**
 * @returns a verifier that asks the issuer only when the first token comes
 * @throws TypeError if an option is wrong
 */
export function createVerifier(options: VerifierOptions): Verifier {
  checkOptions(options)
  const { issuer, jwksUri, introspection, fetch: send = fetch, now = Date.now } = options
  let endpoints: IssuerEndpoints | undefined
  const keys = createKeySource(loadKeys, now)
  const checkPossession = createPossession(options, now)
  const introspect = introspection && createIntrospection(introspection, introspectionEndpoint, send, now)

  async function loadKeys(): Promise<JSONWebKeySet> {
    // Reads the metadata each time, because the keys may have moved.
    const url = jwksUri ?? (endpoints = await discover(issuer, send)).jwksUri
    const { status, body } = await fetchJson(send, url)
    if (status !== 200 || body === undefined) throw new Error(`${url} answered ${status} without a key set`)
    return body as unknown as JSONWebKeySet
  }

  async function introspectionEndpoint(): Promise<string> {
    endpoints ??= await discover(issuer, send)
    if (endpoints.introspectionEndpoint === undefined) throw new Error(`the metadata of ${issuer} has no introspection_endpoint`)
    return endpoints.introspectionEndpoint
  }

  /** `search` ignores the flags and the state of an expression. */
  async function askAbout(token: string): Promise<Claims | undefined> {
    return token.search(introspection?.opaqueTokens ?? OPAQUE) === -1 ? undefined : introspect?.(token, false)
  }

  async function verifySignature(token: string): Promise<Claims> {
    // The type distinguishes an access token from an id_token of the same issuer (RFC 9068 section 5).
    const options = { algorithms: ALGORITHMS, typ: 'at+jwt', currentDate: new Date(now()), clockTolerance: SKEW }
    const { payload } = await jwtVerify(token, keys, options)
    return payload
  }

  return {
    async verifyAccessToken(token, dpop) {
      try {
        if (token.length > MAX_LENGTH) return refuse('the access token is too long')
        const isJwt = token.split('.').length === 3
        const claims = isJwt ? await verifySignature(token) : await askAbout(token)
        if (claims === undefined) return refuse('the access token is unknown, expired or revoked')
        const read = readAccessToken(token, { iss: isJwt ? undefined : issuer, ...claims }, options, now())
        if (!read.ok) return refuse(read.error)
        const bound = keyOfAccessToken(dpop === undefined ? 'Bearer' : 'DPoP', claims['cnf'])
        if (!bound.ok) return refuse(bound.error)
        // Asked last, so that a forged token never causes a request to the issuer.
        if (isJwt && introspect !== undefined && (await introspect(token, true)) === undefined) return refuse('the access token is revoked')
        const proven = dpop === undefined ? ok(undefined) : await checkPossession(token, bound.value!, dpop)
        return proven.ok ? read : proven
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) return refuse('the access token has expired')
        if (cause instanceof errors.JOSEError) return refuse('the access token is invalid', cause)
        return err({
          code: 'temporarily_unavailable',
          description: 'the authorization server could not be asked about the access token',
          cause,
        })
      }
    },
  }
}

function refuse(description: string, cause?: unknown): { ok: false; error: VerificationFailure } {
  return err({ code: 'invalid_token', description, ...(cause !== undefined && { cause }) })
}
