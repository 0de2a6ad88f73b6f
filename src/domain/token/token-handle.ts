/**
 * The text of what a grant hands out to be shown again, its codes and refresh tokens: the id of the grant, then a secret.
 * Everything of a grant is kept side by side under its id, so that using it finds what it needs in one place of a large
 * database; nothing but the secret makes it count.
 */
import { sha256 } from '../protocol/sha256.ts'

/** What a text must be kept under if a grant handed it out. */
export interface TokenHandle {
  readonly grantId: string
  /** Of the whole text. */
  readonly hash: string
}

/** As long as 32 bytes are in base64url (crypto/random.ts). */
const SECRET_LENGTH = 43

export const formatTokenHandle = (grantId: string, secret: string): string => grantId + secret

/**
 * `undefined` for what can be none: it lacks either part, or holds what no part does.
 *
 * @param hash how this kind is hashed
 */
export function parseTokenHandle(text: string, hash = sha256): TokenHandle | undefined {
  if (text.length <= SECRET_LENGTH || /[^\w-]/.test(text)) return undefined
  return { grantId: text.slice(0, -SECRET_LENGTH), hash: hash(text) }
}
