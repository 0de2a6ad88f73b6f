/** What the pages of a person's own account need to be rendered. Owns no text and no markup. */
import type { AuditEventName } from '../../domain/audit/audit-event.ts'
import type { BUILT_IN_SCOPES } from '../../domain/protocol/scope.ts'
import type { PersonalTokenProblem } from '../../domain/token/personal-token.ts'
import type { PasswordProblem } from '../../domain/user/new-password.ts'
import type { SignInFailures } from './factor-models.ts'

/** Why no account at a provider was connected. */
const CONNECTION_PROBLEMS = ['denied', 'unreachable', 'broken', 'taken'] as const

/** What a form of the account page has just done. */
export const FACTOR_NOTICES = ['removed', 'renamed', 'last', 'nothing', 'connected', 'limited', ...CONNECTION_PROBLEMS] as const

/** What became of a way to log in that was to be removed. */
export const REMOVAL_NOTICES = { deleted: 'removed', last: 'last', unknown: 'nothing' } as const

/** An account at a provider. Instants are texts. */
export type AccountIdentity = {
  id: string
  provider: string
  /** The address there, or else the name. */
  account: string
  since: string
  lastUsed: string
  /** Whether the provider doesn't let the person in any more. */
  failed: boolean
}

/** What somebody logs in with. Instants are texts. */
export type MyFactorsPage = {
  token: string
  notice?: (typeof FACTOR_NOTICES)[number]
  codesSince?: string
  /** Recovery codes that are left. */
  recoveryCodes: number
  hasFactors: boolean
  passkeys: Array<{ id: string; name: string; since: string; lastUsed?: string; backedUp: boolean }>
  mayAdd: boolean
  /** Whether there is one, and whether the person may change it. */
  password?: { exists: boolean }
  /** Absent where there are none. */
  services?: {
    identities: AccountIdentity[]
    /** Whether a provider let the person in, which alone does from then on. */
    managed: boolean
    /** Providers that the person may connect: each button posts the name. */
    providers: Array<{ name: string; label: string }>
  }
}

export const ACCOUNT_NOTICES = ['app', 'session', 'sessions', 'profile', 'password', 'token', 'nothing'] as const

/** Permissions: built-in ones have sentences of their own, others the words of their operator. */
type Permissions = Array<{ name: (typeof BUILT_IN_SCOPES)[number] } | { text: string }>

/** A client that acts for the person, or may begin to without asking. Instants are texts. */
export type AccountApp = {
  /** Of the grant; of a client that has none, its own. */
  id: string
  /** Absent if the client has no name. */
  name?: string
  /** The host of its metadata document. */
  host?: string
  proof: 'document' | 'operator' | 'registration'
  permissions: Permissions
  resources: Array<{ identifier: string; name: string; permissions: Permissions }>
  since: string
  lastUsed?: string
  /** A network. */
  from?: string
}

export type AccountSession = { id: string; isThisOne: boolean; browser?: string; from?: string; since: string; lastSeen: string }

export type AccountEvent = { name: AuditEventName; at: string; byOperator: boolean; client?: string; from?: string }

/** A personal access token. */
export type AccountToken = {
  id: string
  name: string
  resource: string
  permissions: Permissions
  since: string
  until: string
  lastUsed?: string
}

/** A person's own account. Its forms answer with `token`. */
export type MyAccountPage = SignInFailures & {
  token: string
  username: string
  name?: string
  email?: string
  notice?: (typeof ACCOUNT_NOTICES)[number]
  apps: AccountApp[]
  /** Clients that may come back without asking. */
  remembered: AccountApp[]
  /** How long tokens may count after a disconnection; 0 if not at all. */
  tokenMinutes: number
  sessions: AccountSession[]
  events: AccountEvent[]
  mayDelete: boolean
  /** Whether people make tokens for their own scripts here. */
  mayMakeTokens: boolean
  tokens: AccountToken[]
}

/** What clients may learn, by scope. `problem`: the name of the field that can't be accepted. */
export type MyProfilePage = {
  action: string
  token: string
  groups: Array<{ scope: (typeof BUILT_IN_SCOPES)[number]; fields: ProfileField[] }>
  problem?: string
}
export type ProfileField = {
  name: string
  value: string
  autocomplete: string
  type: string
  hint: boolean
  fixed: boolean
  wrong: boolean
}

/** `fixed`: why the person can't: the configuration sets it, or a provider let them in. */
export type MyPasswordPage = { action: string; token: string; username: string; problem?: PasswordProblem; fixed?: 'settings' | 'provider' }

/** Makes a personal access token: chooses what it is for first, where there are several. */
export type MyTokensPage = {
  action: string
  token: string
  resources: Array<{ id: string; name: string; identifier: string }>
  chosen?: { id: string; name: string; identifier: string; scopes: Array<{ value: string; name?: string; text?: string }> }
  days: Array<{ days: number; chosen: boolean }>
  problem?: PersonalTokenProblem | 'many'
}

/** Shows a new one, for the first and the last time. */
export type MyTokenPage = { name: string; text: string; resource: string; until: string }

export type MyDeletionPage = { action: string; token: string; username: string; problem?: 'name'; fixed: boolean }

export type AccountDeletedPage = { username: string }
