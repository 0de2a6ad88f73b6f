/** What the pages behind one-use links need to be rendered. Owns no text and no markup. */
import type { LinkKind } from '../../domain/link/link.ts'
import type { PasswordProblem } from '../../domain/user/new-password.ts'
import type { ProviderProblem } from '../../domain/provider/provider-problem.ts'
import type { PasskeyForm } from './factor-models.ts'

/** What was wrong with a name or a new password, if this isn't the first. `retryAfterMinutes`: with the problem `limited`. */
type NewPasswordProblem = { problem?: PasswordProblem | 'name' | 'taken' | 'email' | 'limited'; retryAfterMinutes?: number }

/** Somebody who was invited chooses a name and a password. `token`: of the link, for the form. */
export type InvitationPage = Omit<NewPasswordProblem, 'problem'> & {
  problem?: NewPasswordProblem['problem'] | ProviderProblem
  /** The provider that has the problem. */
  providerName?: string
  action: string
  token: string
  /** The address that the account gets. */
  email?: string
  /** Whether the person may give one, and what was typed before. */
  asksForEmail: boolean
  /** Whether a passkey can take the place of the password. */
  offersPasskey: boolean
  typedEmail?: string
  username?: string
  /** Whether a password would let the person in. */
  password: boolean
  /** Whether the person chooses a name, as nothing but a provider says one. */
  asksForName: boolean
  /** Where the person may make the account by logging in elsewhere: each form posts the token. */
  providers: ReadonlyArray<{ name: string; action: string }>
}

export type ResetPasswordPage = NewPasswordProblem & { action: string; token: string; username: string; endGrants?: boolean }

/** Sets up the first passkey of an account that has nothing else. `fields`: what the form needs besides. `back`: where a password does. */
export type LinkPasskeyPage = PasskeyForm & {
  token: string
  setUp: string
  username: string
  back?: string
  fields?: ReadonlyArray<{ name: string; value: string }>
  problem?: 'passkey'
}

/** What a link did. */
export type LinkDonePage = { done: (typeof LINK_DONE)[number]; username?: string; home: string }
export const LINK_DONE = ['joined', 'welcomed', 'reset', 'confirmed', 'passkey', 'sent', 'invited'] as const

/** `forgot`: where the person may ask for another link. */
export type LinkGonePage = { kind: LinkKind; home: string; forgot?: string }

/** Asks for the name of an account, or for an address: what was typed before. `retryAfterMinutes`: with the problem. */
export type AskForLinkPage = { action: string; typed: string; problem?: 'limited'; retryAfterMinutes?: number }

export type ConfirmAddressPage = { action: string; token: string; username: string; email: string }
