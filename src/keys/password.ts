/** Passwords: Argon2id in the library's thread pool, never on the main thread. */
import { hash, verify } from '@node-rs/argon2'
import type { Algorithm } from '@node-rs/argon2'

const ARGON2ID = 2 as Algorithm.Argon2id // the package declares a const enum, which has no value at run time

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. */
const OPTIONS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(password, OPTIONS)

/** What an unknown user's password is held against, so that the answer takes as long (THREATS T14). */
const dummyHash = hashPassword('a password that nobody has')

export async function verifyPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  const right = await verify(passwordHash ?? (await dummyHash), password)
  return right && passwordHash !== undefined
}
