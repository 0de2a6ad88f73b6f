/**
 * The text format of codes and refresh tokens: the id of the grant, then a secret. Everything of a grant is stored under its id,
 * so using a token touches one place in a large database. Only the secret makes the token valid.
 */
import { sha256 } from '../protocol/sha256.ts'

/** The keys under which a code or refresh token is stored, if it is one. */
export interface TokenHandle {
  readonly grantId: string
  /** Hash of the whole text. */
  readonly hash: string
}

/** The length of 32 bytes in base64url (crypto/random.ts). */
const SECRET_LENGTH = 43
/** Far longer than any that was ever made. */
const MAX_LENGTH = 256

export const formatTokenHandle = (grantId: string, secret: string): string => grantId + secret

/**
 * Parses a code or refresh token; `undefined` if it is too short or too long, or has characters that none has.
 *
 * @param hash how this kind of code or token is hashed
 */
export function parseTokenHandle(text: string, hash = sha256): TokenHandle | undefined {
  if (text.length <= SECRET_LENGTH || text.length > MAX_LENGTH || /[^\w-]/.test(text)) return undefined
  return { grantId: text.slice(0, -SECRET_LENGTH), hash: hash(text) }
}
