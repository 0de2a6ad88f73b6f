/** A login that is under way at a provider, from our page until the browser is back (threat-model.md T21). Instants are ms. */
import type { Transaction } from '../authorization/transaction.ts'

export interface ProviderAttempt {
  /** SHA-256 of the handle, which travels as `state`. */
  readonly handleHash: string
  /** SHA-256 of the secret in the browser's cookie. */
  readonly browserHash: string
  readonly providerId: string
  readonly progress: AttemptProgress
  readonly expiresAt: number
}

/** What goes on when the browser is back. */
export interface AttemptProgress {
  readonly transaction: Transaction
  /** When the browser left: what the provider calls a fresh login is no older. */
  readonly startedAt: number
  /** Whether the provider was asked to let the person log in anew. */
  readonly freshly: boolean
  /** The oldest login that will do, in seconds. */
  readonly maxAge?: number | undefined
}

/** How long somebody may take at the provider. */
export const ATTEMPT_LIFETIME_MS = 10 * 60_000

/** Largest `progress`, in bytes of JSON: it is kept for people who haven't logged in (threat-model.md T18). */
export const MAX_PROGRESS = 8192
