/**
 * What a validated authorization request needs next: a login, an account choice, a consent, a code, or an error. The
 * one decision of the browser flow (OpenID Connect Core sections 3.1.2.3, 3.1.2.4 and 3.1.2.6).
 */
import type { AuthorizationRequest } from './authorization-request.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Consent } from './consent.ts'
import type { Session } from '../user/session.ts'
import { decisions } from './requested-access.ts'
import { isSubset } from '../protocol/scope.ts'

export interface Progress {
  /** When the request first arrived: a login after it answers `prompt=login` and `max_age`. */
  readonly startedAt: number
  /** The person asked for another account then: only a login after it counts. */
  readonly switchedAt?: number | undefined
  /** The user that the person chose to go on with. */
  readonly chosenUserId?: string | undefined
  /** The user who allowed exactly this request, just now. */
  readonly allowedByUserId?: string | undefined
}

/** Who is logged in; `subject` is the `sub` by which the client knows the user. */
export interface LoggedIn extends Pick<Session, 'userId' | 'authTime'> {
  readonly subject: string
}

export type Step =
  | { readonly kind: 'login' }
  | { readonly kind: 'account' }
  | { readonly kind: 'consent' }
  | { readonly kind: 'code' }
  | { readonly kind: 'error'; readonly error: OAuthError }

export function nextStep(
  request: AuthorizationRequest,
  progress: Progress,
  session: LoggedIn | undefined,
  consent: Pick<Consent, 'scopes' | 'resources'> | undefined,
  now: number,
): Step {
  const silent = request.prompts.has('none')
  if (session === undefined || needsLogin(request, progress, session, now)) {
    return silent ? refuse('login_required', 'the person is not logged in') : { kind: 'login' }
  }
  if (!isMeant(request, session.subject)) {
    // "The Authorization Server MUST NOT reply with an ID Token or Access Token for a different user" (section 3.1.2.2):
    // who logs in as somebody else in spite of the hint ends here, rather than at the login page for ever.
    const insists = session.authTime >= progress.startedAt
    return silent || insists
      ? refuse('login_required', 'the person who is logged in is not the one of id_token_hint or of the claim sub')
      : { kind: 'login' }
  }
  if (request.prompts.has('select_account') && progress.chosenUserId !== session.userId && session.authTime < progress.startedAt) {
    return { kind: 'account' }
  }
  if (progress.allowedByUserId !== session.userId && needsConsent(request, consent)) {
    return silent ? refuse('consent_required', 'the person has to consent') : { kind: 'consent' }
  }
  return { kind: 'code' }
}

function isMeant({ hintedSubject, claimedSubjects }: AuthorizationRequest, subject: string): boolean {
  return (hintedSubject === undefined || hintedSubject === subject) && (claimedSubjects?.includes(subject) ?? true)
}

function needsLogin(
  { prompts, maxAge }: AuthorizationRequest,
  { startedAt, switchedAt }: Progress,
  { authTime }: Pick<Session, 'authTime'>,
  now: number,
): boolean {
  if (switchedAt !== undefined && authTime < switchedAt) return true
  if (authTime >= startedAt) return false
  return prompts.has('login') || (maxAge !== undefined && now - authTime > maxAge * 1000)
}

/** Stored consent counts only where the redirect URI tells who receives the answer (threat-model.md T5). */
function needsConsent(request: AuthorizationRequest, consent: Pick<Consent, 'scopes' | 'resources'> | undefined): boolean {
  if (request.prompts.has('consent') || request.redirectKind !== 'https' || consent === undefined) return true
  const resources = request.targets.map(({ identifier }) => identifier)
  return !isSubset(decisions(request), consent.scopes) || !isSubset(resources, consent.resources)
}

function refuse(code: 'login_required' | 'consent_required', description: string): Step {
  return { kind: 'error', error: new OAuthError(code, description) }
}
