/** New secrets: random bytes in the base64url alphabet, which no client has to encode. */
import { randomBytes } from 'node:crypto'

/** 32 random bytes: codes, refresh tokens, client secrets, session ids. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** 16 random bytes: identifiers that need not be secret. */
export const newId = (): string => randomBytes(16).toString('base64url')
