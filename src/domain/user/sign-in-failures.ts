/** Failed attempts to sign in, and new ways to do so, which the person hears of after the next login. */

export interface SignInFailures {
  readonly userId: string
  readonly count: number
  /** When the first of them was, in ms. */
  readonly since: number
  /** When a second factor was last set up or reset, in ms. */
  readonly factorsChangedAt?: number | undefined
}

/** How long failures are kept for the next login, in ms, from the first of them on. */
export const FAILURES_KEPT_MS = 90 * 86_400_000
