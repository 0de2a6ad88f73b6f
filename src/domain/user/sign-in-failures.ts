/** Failed attempts to sign in, which the person hears of after the next login. */

export interface SignInFailures {
  readonly userId: string
  readonly count: number
  /** When the first of them was, in ms. */
  readonly since: number
}

/** How long failures are kept for the next login, in ms, from the first of them on. */
export const FAILURES_KEPT_MS = 90 * 86_400_000
