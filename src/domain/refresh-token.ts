/**
 * The text of a refresh token: the id of its grant, then the secret. All tokens of a grant are kept side by side under its id,
 * so that using one finds what it needs in one place of a large database; nothing but the secret makes it count.
 */
import { sha256 } from './sha256.ts'

/** What a text must be kept under if it is a refresh token. */
export interface PresentedRefreshToken {
  readonly grantId: string
  /** Of the whole text. */
  readonly tokenHash: string
}

/** As long as 32 bytes are in base64url (keys/random.ts). */
const SECRET_LENGTH = 43

export const formatRefreshToken = (grantId: string, secret: string): string => grantId + secret

/** `undefined` for what can be none: it lacks either part, or holds what no part does. */
export function parseRefreshToken(text: string): PresentedRefreshToken | undefined {
  if (text.length <= SECRET_LENGTH || /[^\w-]/.test(text)) return undefined
  return { grantId: text.slice(0, -SECRET_LENGTH), tokenHash: sha256(text) }
}
