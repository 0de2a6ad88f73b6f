/** Passwords: Argon2id in the thread pool of Node, never on the main thread. */
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import type { Algorithm } from '@node-rs/argon2'

const ARGON2ID = 2 as Algorithm.Argon2id // the package declares a const enum, which has no value at run time

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. */
const OPTIONS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Threads of Node's pool; host names are looked up and signatures of clients verified there, too. */
const THREADS = 4
/** A thread, and a processor if there are several, are left for everything else, however many people log in. */
const AT_ONCE = Math.max(1, Math.min(THREADS, availableParallelism()) - 1)

let underWay = 0
const waiting: (() => void)[] = []

/** Does `work` when its turn has come: first come, first served. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (underWay < AT_ONCE) underWay++
  else await new Promise<void>((resolve) => waiting.push(resolve)) // takes over the turn of who is done
  return work().finally(() => {
    const next = waiting.shift()
    if (next === undefined) underWay--
    else next()
  })
}

export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password, OPTIONS))

/** What an unknown user's password is held against, so that the answer takes as long (threat-model.md T14). */
const dummyHash = hashPassword('a password that nobody has')

export async function verifyPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  const expected = passwordHash ?? (await dummyHash)
  const right = await inTurn(() => verify(expected, password))
  return right && passwordHash !== undefined
}
