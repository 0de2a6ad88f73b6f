/** Passwords: Argon2id in Node's thread pool, never on the main thread. */
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import type { Algorithm } from '@node-rs/argon2'
import pLimit from 'p-limit'
import { normalizePassword, passwordCandidates } from '../domain/user/new-password.ts'

const ARGON2ID = 2 as Algorithm.Argon2id // the package declares a const enum, which has no value at run time

/** OWASP's recommendation for Argon2id: 19 MiB of memory, two passes, one lane. */
const OPTIONS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Threads in Node's pool. It also resolves host names and verifies the signatures of clients. */
const THREADS = 4
/** Passwords that are hashed at once: one thread, and one processor if there are several, stay free for everything else. */
const AT_ONCE = Math.max(1, Math.min(THREADS, availableParallelism()) - 1)

/** First come, first served. */
const inTurn = pLimit(AT_ONCE)

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(normalizePassword(password), OPTIONS))

let dummyHash: Promise<string> | undefined

/** A hash that no password matches. It is made at the first verification, because making it costs as much as one. */
function getDummyHash(): Promise<string> {
  dummyHash ??= hashPassword('a password that nobody has').catch((error: unknown) => {
    dummyHash = undefined
    throw error
  })
  return dummyHash
}

/**
 * Whether `password` matches. For an unknown user, who has no hash, a dummy is checked, so that the answer takes as long
 * (threat-model.md T14). The first verification makes the dummy, and all wait for it, so that known users take no less time.
 *
 * A text that isn't in its normal form is tried as it is, too, because earlier versions hashed it so.
 */
export async function verifyPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  const dummy = await getDummyHash()
  for (const candidate of passwordCandidates(password))
    if (await inTurn(() => verify(passwordHash ?? dummy, candidate))) return passwordHash !== undefined
  return false
}
