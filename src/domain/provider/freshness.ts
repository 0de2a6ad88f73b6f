/** Whether somebody logged in at a provider as recently as they had to (OpenID Connect Core section 3.1.2.1). Instants are ms. */
import type { AttemptProgress } from './provider-attempt.ts'
import type { ProviderKind } from './provider.ts'

/** How recent a login has to be, as an app or a person asks for it. */
export interface RecentLogin {
  readonly prompt?: 'login' | 'select_account' | undefined
  /** Seconds. */
  readonly maxAge?: number | undefined
}

/** How much the clocks may differ. */
const TOLERANCE_MS = 60_000

/**
 * When somebody logged in, for the session here; `undefined` if that is too long ago, or the provider has to say it and doesn't. Google,
 * GitHub and Microsoft can't be relied on to say it: what counts there is that the person was sent to choose or prove the account now.
 */
export function loginTime(
  { startedAt, freshly, maxAge }: Pick<AttemptProgress, 'startedAt' | 'freshly' | 'maxAge'>,
  kind: ProviderKind,
  authTime: number | undefined,
  now: number,
): number | undefined {
  const isAsked = freshly || maxAge !== undefined
  if (authTime === undefined) return isAsked && kind === 'oidc' ? undefined : now
  // A clock that goes a little slow makes no login old.
  if (startedAt - authTime <= TOLERANCE_MS) return Math.min(now, Math.max(authTime, startedAt))
  // What the time at the provider made too old would be asked for again here, without a word.
  return freshly || (maxAge !== undefined && now - authTime > maxAge * 1000) ? undefined : authTime
}

/**
 * What the provider is asked for (`prompt`). One that doesn't reliably say when somebody logged in has them log in now, or choose the
 * account, where only a recent login will do.
 */
export function promptFor(kind: ProviderKind, { prompt, maxAge }: RecentLogin): RecentLogin['prompt'] {
  const asked = prompt ?? (maxAge !== undefined && kind !== 'oidc' ? 'login' : undefined)
  // They have no way to ask for the password again.
  return asked !== undefined && (kind === 'google' || kind === 'github') ? 'select_account' : asked
}
