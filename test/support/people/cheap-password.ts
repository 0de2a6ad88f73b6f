/**
 * Passwords of tests, hashed with the least that Argon2id takes. Hashing one as the server does, and checking it at each login, costs more
 * than most tests. A hash says what it costs, so it is checked as every other is.
 */
import { hash } from '@node-rs/argon2'
import { normalizePassword } from '#src/domain/user/new-password.ts'

const CHEAP = { algorithm: 2, memoryCost: 8, timeCost: 1, parallelism: 1 }

export const hashCheaply = (password: string): Promise<string> => hash(normalizePassword(password), CHEAP)
