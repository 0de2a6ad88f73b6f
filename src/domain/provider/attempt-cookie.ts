/**
 * The cookie of logins that are under way at providers: a secret of this browser, and the handles of its attempts. What the provider
 * gets and gives back follows from both, so the database holds nothing that would complete a login (threat-model.md T21).
 */
import { mac } from '../protocol/mac.ts'

export interface AttemptCookie {
  readonly secret: string
  /** The oldest first. */
  readonly handles: readonly string[]
}

/** How many logins one browser has under way at once: tabs, and those that were given up. */
export const MAX_ATTEMPTS = 4

const PART = /^[\w-]{43}$/

/** `SECRET.HANDLE.HANDLE...`; `undefined` for anything else. */
export function parseAttemptCookie(raw: string | undefined): AttemptCookie | undefined {
  const [secret = '', ...handles] = (raw ?? '').split('.')
  const fits = [secret, ...handles].every((part) => PART.test(part)) && handles.length <= MAX_ATTEMPTS
  return fits ? { secret, handles } : undefined
}

export const renderAttemptCookie = ({ secret, handles }: AttemptCookie): string => [secret, ...handles].join('.')

/** With one more attempt; the oldest ones that there is no room for are given up. */
export function addAttempt({ secret, handles }: AttemptCookie, handle: string): { cookie: AttemptCookie; givenUp: readonly string[] } {
  const all = [...handles, handle]
  return { cookie: { secret, handles: all.slice(-MAX_ATTEMPTS) }, givenUp: all.slice(0, -MAX_ATTEMPTS) }
}

export const removeAttempt = ({ secret, handles }: AttemptCookie, handle: string): AttemptCookie => ({
  secret,
  handles: handles.filter((each) => each !== handle),
})

/** What ties the provider's answer to this attempt in this browser. */
export const attemptSecrets = ({ secret }: Pick<AttemptCookie, 'secret'>, handle: string) => ({
  state: handle,
  nonce: mac(secret, 'provider nonce', handle),
  codeVerifier: mac(secret, 'provider verifier', handle),
})
