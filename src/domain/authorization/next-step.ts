/**
 * Decides what a validated authorization request needs next: a login, a second factor, an account choice, a consent, a code, or an error (OpenID
 * Connect Core sections 3.1.2.3, 3.1.2.4 and 3.1.2.6). Nothing else decides in the browser flow. Instants are ms.
 */
import type { AuthorizationRequest } from './authorization-request.ts'
import { OAuthError } from '../protocol/errors.ts'
import { missingFactor } from './authentication.ts'
import type { Missing } from './authentication.ts'
import type { Consent } from './consent.ts'
import type { FactorNeeds } from '../user/factors.ts'
import type { Session } from '../user/session.ts'
import type { SignInFailures } from '../user/sign-in-failures.ts'
import { decisions } from './requested-access.ts'
import { isSubset } from '../protocol/scope.ts'

export interface Progress {
  /** When the request first arrived: a login after it answers `prompt=login` and `max_age`. */
  readonly startedAt: number
  /** When the user asked for another account: only a later login counts. */
  readonly switchedAt?: number | undefined
  /** The account that was chosen to continue with. */
  readonly chosenUserId?: string | undefined
  /** The user who has just allowed exactly this request. */
  readonly allowedByUserId?: string | undefined
  /** Whether a page was answered that didn't hold any more: what is remembered doesn't answer in the person's place. */
  readonly asksAgain?: true | undefined
  /** Failed attempts to sign in before the login of this request: a page shows them before anything goes to the client. */
  readonly failures?: SignInFailures | undefined
}

/** The logged-in user; `subject` is the `sub` that the client knows. */
export interface LoggedIn extends Pick<Session, 'userId' | 'authTime' | 'acr'> {
  readonly subject: string
  /** When the user came in here, if a provider says that the login there was earlier. */
  readonly loggedInAt?: number | undefined
  readonly factors: FactorNeeds
}

export type Step =
  | { readonly kind: 'login' }
  | { readonly kind: Exclude<Missing, 'unmet'> }
  | { readonly kind: 'account' }
  | { readonly kind: 'consent' }
  | { readonly kind: 'code' }
  | { readonly kind: 'error'; readonly error: OAuthError }

export function nextStep(
  request: AuthorizationRequest,
  progress: Progress,
  session: LoggedIn | undefined,
  /** What the user has allowed this client, as it is now, for responses to this redirect URI. */
  consent: Pick<Consent, 'scopes' | 'resources'> | undefined,
  now: number,
): Step {
  const silent = request.prompts.has('none')
  if (session === undefined) return silent ? refuse('login_required', 'the person is not logged in') : { kind: 'login' }
  const mustConsent = progress.allowedByUserId !== session.userId && (progress.asksAgain === true || needsConsent(request, consent))
  // Before the checks below, since their errors say who is logged in, and since when: that is only for clients that this user allowed.
  if (silent && mustConsent) return refuse('consent_required', 'the person has to consent')
  if (needsLogin(request, progress, session, now)) {
    return silent ? refuse('login_required', 'the person has to log in again') : { kind: 'login' }
  }
  if (!isExpectedUser(request, session.subject)) {
    // "The Authorization Server MUST NOT reply with an ID Token or Access Token for a different user" (section 3.1.2.2).
    // After a login as another user the request fails, because the login page would only come back.
    const hasLoggedIn = cameAt(session) >= progress.startedAt
    return silent || hasLoggedIn
      ? refuse('login_required', 'the person who is logged in is not the one of id_token_hint or of the claim sub')
      : { kind: 'login' }
  }
  const missing = missingFactor(session.acr, session.factors, request.acr)
  if (missing === 'unmet')
    return refuse('unmet_authentication_requirements', 'the person can not log in with the acr that the request needs')
  if (missing !== undefined) return silent ? refuse('login_required', 'the person has to show a second factor') : { kind: missing }
  // Without a page, what a stronger login would add is left out.
  const lacking = silent && request.demanded?.essential !== true ? undefined : missingFactor(session.acr, session.factors, request.demanded)
  if (lacking !== undefined && lacking !== 'unmet')
    return silent ? refuse('login_required', 'the person has to show a second factor') : { kind: lacking }
  if (request.prompts.has('select_account') && progress.chosenUserId !== session.userId && cameAt(session) < progress.startedAt) {
    return { kind: 'account' }
  }
  if (request.refused !== undefined) return { kind: 'error', error: request.refused }
  if (mustConsent) return { kind: 'consent' }
  return { kind: hasSeenFailures(progress, session.userId) ? 'code' : 'account' }
}

/** Every page after a login shows them; where none would follow, the choice of the account does. */
function hasSeenFailures({ failures, allowedByUserId, chosenUserId }: Progress, userId: string): boolean {
  return failures?.userId !== userId || allowedByUserId === userId || chosenUserId === userId
}

function isExpectedUser({ hintedSubject, claimedSubjects }: AuthorizationRequest, subject: string): boolean {
  return (hintedSubject === undefined || hintedSubject === subject) && (claimedSubjects?.includes(subject) ?? true)
}

function needsLogin(
  { prompts, maxAge }: AuthorizationRequest,
  { startedAt, switchedAt }: Progress,
  session: Pick<LoggedIn, 'authTime' | 'loggedInAt'>,
  now: number,
): boolean {
  const { authTime } = session
  if (switchedAt !== undefined && cameAt(session) < switchedAt) return true
  if (authTime >= startedAt) return false
  return prompts.has('login') || (maxAge !== undefined && now - authTime > maxAge * 1000)
}

const cameAt = ({ authTime, loggedInAt = authTime }: Pick<LoggedIn, 'authTime' | 'loggedInAt'>): number => loggedInAt

/** A stored consent counts only if the redirect URI proves who receives the response (threat-model.md T5). */
function needsConsent(request: AuthorizationRequest, consent: Pick<Consent, 'scopes' | 'resources'> | undefined): boolean {
  if (request.prompts.has('consent') || request.redirectKind !== 'https' || consent === undefined) return true
  const resources = request.targets.map(({ identifier }) => identifier)
  return !isSubset(decisions(request), consent.scopes) || !isSubset(resources, consent.resources)
}

function refuse(code: 'login_required' | 'consent_required' | 'unmet_authentication_requirements', description: string): Step {
  return { kind: 'error', error: new OAuthError(code, description) }
}
