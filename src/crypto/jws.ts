/**
 * Signatures with our own keys (RFC 7515 section 7.1, RFC 7518 section 3, RFC 8037); jwt.ts chooses the key and the claims.
 * Elliptic curves are computed in this thread: Web Crypto, which libraries use, spends more CPU on changing threads (ADR 8).
 */
import { constants, sign, verify } from 'node:crypto'
import type { KeyObject, SignKeyObjectInput } from 'node:crypto'
import { promisify } from 'node:util'
import type { JsonObject } from '../domain/protocol/json.ts'
import type { SigningAlg } from '../domain/key/stored-key.ts'
import { parseJwtPart } from '../domain/protocol/jwt.ts'
import type { SigningKey, VerifyingKey } from './signing-key.ts'

/** A JWS whose signature isn't verified yet. */
export interface Jws {
  readonly header: JsonObject
  readonly payload: JsonObject
  readonly signed: Buffer
  readonly signature: Buffer
}

const signInThreadPool = promisify(sign)

const RSA_PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
const withKey: Readonly<Record<SigningAlg, (key: KeyObject) => { digest: string | null; options: SignKeyObjectInput }>> = {
  ES256: (key) => ({ digest: 'sha256', options: { key, dsaEncoding: 'ieee-p1363' } }),
  EdDSA: (key) => ({ digest: null, options: { key } }),
  RS256: (key) => ({ digest: 'sha256', options: { key } }),
  PS256: (key) => ({ digest: 'sha256', options: { key, ...RSA_PSS } }),
}

/** Signs `payload` in compact form. RSA is slow enough to be worth a change of threads. */
export async function signJws(
  payload: object,
  header: object,
  { alg, privateKey }: Pick<SigningKey, 'alg' | 'privateKey'>,
): Promise<string> {
  const signed = `${encode(header)}.${encode(payload)}`
  const { digest, options } = withKey[alg](privateKey)
  const bytes = Buffer.from(signed)
  const signature = alg === 'ES256' || alg === 'EdDSA' ? sign(digest, bytes, options) : await signInThreadPool(digest, bytes, options)
  return `${signed}.${signature.toString('base64url')}`
}

/** The parts of a compact JWS; `undefined` for any other text, and for one with a `crit` header (section 4.1.11). */
export function parseJws(text: string): Jws | undefined {
  const [head = '', body = '', tail = '', ...more] = text.split('.')
  const signature = Buffer.from(tail, 'base64url')
  // Each signature has one spelling: another text that decodes to the same bytes is refused.
  if (more.length > 0 || signature.toString('base64url') !== tail) return undefined
  const header = parseJwtPart(head)
  const payload = parseJwtPart(body)
  if (header === undefined || payload === undefined || header['crit'] !== undefined) return undefined
  return { header, payload, signed: Buffer.from(`${head}.${body}`), signature }
}

/** Whether `key` signed it. The key determines the algorithm, and the header must agree (threat-model.md T11). */
export function isSignedBy({ header, signed, signature }: Jws, { alg, publicKey }: Pick<VerifyingKey, 'alg' | 'publicKey'>): boolean {
  const { digest, options } = withKey[alg](publicKey)
  return header['alg'] === alg && verify(digest, signed, options, signature)
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
