/** A login that is under way at a provider, from our page until the browser is back (threat-model.md T21). Instants are ms. */
import type { Transaction } from '../authorization/transaction.ts'

export interface ProviderAttempt {
  /** SHA-256 of the handle, which travels as `state`. */
  readonly handleHash: string
  /** SHA-256 of the secret in the browser's cookie. */
  readonly browserHash: string
  readonly providerId: string
  readonly progress: AttemptProgress | TrialProgress
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
  /** The person was sent once more, for a consent. */
  readonly consented?: true
  /** The hash of the invitation's token: the login makes an account, and uses the invitation. */
  readonly invitation?: string
}

/**
 * An operator tries the provider by `provider check --login`: its answer goes on to the program that began it, on the machine of the
 * browser, and only that has what the code needs to be redeemed. No cookie binds such an attempt, because no session comes of it.
 */
export interface TrialProgress {
  /** Where that program listens on the loopback interface. */
  readonly port: number
}

/** In the place of the hash of a browser's secret: no hash looks so. */
export const TRIAL_BROWSER = 'trial'

/** The state of a trial, which marks it as no login. */
export const trialState = (secret: string): string => `trial.${secret}`
export const isTrialState = (state: string | undefined): state is string => /^trial\.[\w-]{43}$/.test(state ?? '')

/** How long somebody may take at the provider. */
export const ATTEMPT_LIFETIME_MS = 10 * 60_000

/** Largest `progress`, in bytes of JSON: it is kept for people who haven't logged in (threat-model.md T18). */
export const MAX_PROGRESS = 8192
