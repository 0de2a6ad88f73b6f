/** What each page needs to be rendered: the name of a page fixes the type of its model. Owns no text and no markup. */
import type { AuditEventName } from '../../domain/audit/audit-event.ts'
import type { Caution } from '../../domain/authorization/consent.ts'
import type { Preset } from '../../domain/authorization/consent-choice.ts'
import type { ErrorAdvice, ErrorCause } from '../../domain/language/error-causes.ts'
import type { LinkKind } from '../../domain/link/link.ts'
import type { PersonalTokenProblem } from '../../domain/token/personal-token.ts'
import type { PasswordProblem } from '../../domain/user/new-password.ts'
import type { ProviderProblem } from '../../domain/provider/provider-problem.ts'
import type { BUILT_IN_SCOPES } from '../../domain/protocol/scope.ts'
import type { ScopeKind } from '../../domain/resource/resource.ts'

/** A hidden field that binds a post to the browser and to the request it belongs to. Opaque to the pages. */
type Transaction = string

export type LoginPage = PasskeyForm & {
  action: string
  transaction: Transaction
  /** The client the person is signing in for, by the name it gave itself. */
  clientName?: string
  /** Whether somebody waits for an answer, so that the person may refuse: `decision=cancel`. */
  cancellable: boolean
  /** The login leads to the person's own account; `again` if they are logged in, but not recently enough for what they want. */
  account?: 'first' | 'again'
  username?: string
  /** Where people go who forgot their password, and those who were invited and have no account yet. */
  forgot?: string
  signUp?: string
  /** The providers by which people can log in: each posts the transaction. */
  providers: Array<{ action: string; label: string }>
  /** Whether there are passwords: for all, for the administrator alone, or for nobody. */
  password: 'on' | 'admin' | 'off'
  problem?: 'credentials' | 'passkey' | 'limited' | ProviderProblem
  /** The provider that has the problem. */
  providerName?: string
  /** Minutes to wait, with the problem `limited`. */
  retryAfterMinutes?: number
}

/** A passkey that a script asks the browser for: the options are JSON. */
type PasskeyForm = { passkey?: { action: string; options: string } }

/** Asks for a second factor. Answers `code`, a credential, `decision=switch` or, where somebody waits, `decision=cancel`. */
export type SecondFactorPage = PasskeyForm & {
  action: string
  transaction: Transaction
  username: string
  cancellable: boolean
  /** What may be typed; absent where only a passkey counts. */
  typed?: 'code' | 'recovery'
  problem?: 'code' | 'passkey' | 'limited'
  retryAfterMinutes?: number
}

/** Sets up a second factor: a QR code and the same as text. `setUp` binds it. */
export type FactorSetUpPage = PasskeyForm & {
  action: string
  setUp: string
  /** Within a login. */
  transaction?: Transaction
  cancellable: boolean
  username: string
  codes?: { secret: string; uri: string }
  problem?: 'code' | 'passkey'
}

/** A second factor that only somebody else can make possible. */
export type FactorLockedPage = { action: string; transaction: Transaction; username: string; cancellable: boolean }

/** Recovery codes, this once. `next`: where to go on, by a link or, within a login, by a form. */
export type RecoveryCodesPage = { codes: string[]; next: { link: string } | { action: string; transaction: Transaction } }

/** Failed attempts to sign in before this login, and when they began, in the page's language. */
type SignInFailures = { signInFailures?: { count: number; since: string }; /** When factors changed. */ factorsChanged?: string }

/** "Continue as ..." or another account. Answers `decision=continue` or `decision=switch`. */
export type AccountPage = SignInFailures & {
  action: string
  transaction: Transaction
  clientName: string
  username: string
  email?: string
}

/** Answers `decision=allow`, `decision=deny` or `decision=switch`. */
export type ConsentPage = SignInFailures & {
  action: string
  transaction: Transaction
  username: string
  email?: string
  /** Absent if the client has no name. */
  clientName?: string
  /** What vouches for the client: the host of its document, the operator, or nothing. */
  proof: 'document' | 'operator' | 'registration'
  /** An image that the person's browser fetches. */
  logoUri?: string
  clientUri?: string
  policyUri?: string
  tosUri?: string
  /** The host of that document: what the client can't make up. */
  clientHost?: string
  /** Where the answer goes: a host, or the scheme of a custom-scheme redirect URI; of a device, the code that it shows. */
  redirectHost: string
  redirectKind: 'https' | 'loopback' | 'custom' | 'device'
  /** Why the person should look twice at a program of this computer, or at an app of this device; absent where it is as ever. */
  caution?: Caution
  /** The person has allowed this client before, and it asks for more: what is new is marked. */
  again: boolean
  /** The built-in ones, which have sentences of their own. */
  scopes: Array<{ name: (typeof BUILT_IN_SCOPES)[number]; isNew: boolean }>
  /** Answers `preset`; none if there is nothing to choose. */
  presets: Array<{ value: Preset; isChosen: boolean }>
  /** The resources (RFC 8707) that the tokens will be for: first what they are for. */
  resources: ConsentResource[]
}

/** A registered resource has its name, and scopes in its operator's words; another one, its host. */
export type ConsentResource = {
  identifier: string
  name: string
  registered: boolean
  /** Whether it has scopes at all: without any, a token opens all of it. */
  scoped: boolean
  isNew: boolean
  scopes: ConsentScope[]
  /** What was allowed before, where the page asks for more. */
  kept: ConsentScope[]
}

/** A scope in its operator's words, and the tools that it unlocks in those of their server. */
export type ConsentScope = {
  text: string
  isNew: boolean
  kind?: ScopeKind
  required?: true
  /** Answers `scope`, if it is ticked. */
  box?: { value: string; isTicked: boolean }
  tools: Array<{ title: string; kind: ScopeKind }>
}

/** Asks for the code that a device shows. `userCode`: what was typed before, or stood in the address. */
export type DevicePage = SignInFailures & {
  action: string
  transaction: Transaction
  username: string
  userCode: string
  problem?: 'unknown' | 'limited'
  /** Minutes to wait, with the problem `limited`. */
  retryAfterMinutes?: number
}

export type DeviceDonePage = { allowed: boolean; clientName: string }

export type ErrorPage = {
  status: number
  /** The OAuth error code, or the like. */
  code: string
  /** One English sentence, safe to show: it says nothing that helps an attacker. */
  description: string
  /** Finds the log lines of this request. */
  reference: string
  cause: ErrorCause
  advice: ErrorAdvice
  /** The start page, where nothing is at an address. */
  home?: string
  /** The website of the app. */
  tryAgain?: { uri: string; host: string }
  /** Back to the app, with the error as it wants to hear of it: a link, or a form that posts the fields. `host` gets it. */
  wayBack?: { host: string } & ({ location: string } | { action: string; fields: Array<{ name: string; value: string }> })
}

/** What was wrong with a name or a new password, if this isn't the first. `retryAfterMinutes`: with the problem `limited`. */
type NewPasswordProblem = { problem?: PasswordProblem | 'name' | 'taken' | 'email' | 'limited'; retryAfterMinutes?: number }

/** Somebody who was invited chooses a name and a password. `token`: of the link, for the form. */
export type InvitationPage = NewPasswordProblem & {
  action: string
  token: string
  /** The address that the account gets. */
  email?: string
  /** Whether the person may give one, and what was typed before. */
  asksForEmail: boolean
  typedEmail?: string
  username?: string
  /** Where the person may make the account by logging in elsewhere: each form posts the token. */
  providers: ReadonlyArray<{ name: string; action: string }>
}

export type ResetPasswordPage = NewPasswordProblem & { action: string; token: string; username: string; endGrants?: boolean }

/** What a link did. */
export type LinkDonePage = { done: (typeof LINK_DONE)[number]; username?: string; home: string }
export const LINK_DONE = ['joined', 'reset', 'confirmed', 'sent', 'invited'] as const

/** `forgot`: where the person may ask for another link. */
export type LinkGonePage = { kind: LinkKind; home: string; forgot?: string }

/** Asks for the name of an account, or for an address: what was typed before. `retryAfterMinutes`: with the problem. */
export type AskForLinkPage = { action: string; typed: string; problem?: 'limited'; retryAfterMinutes?: number }

export type ConfirmAddressPage = { action: string; token: string; username: string; email: string }

/** Which client asks for a logout, and the host (or scheme) that it wants the person back at. */
type LogoutClient = { clientName?: string; redirectHost?: string }

/** Answers its fields: the form's token, and what the client asked. */
export type LogoutPage = LogoutClient & { action: string; fields: Array<{ name: string; value: string }>; username: string }

/** `location`: a way back that the person may take. */
export type LoggedOutPage = LogoutClient & { location?: string }

/** What a form of the account page has just done. */
export const FACTOR_NOTICES = ['removed', 'renamed', 'last', 'nothing'] as const

/** What somebody logs in with besides a password. Instants are texts. */
export type MyFactorsPage = {
  token: string
  notice?: (typeof FACTOR_NOTICES)[number]
  codesSince?: string
  /** Recovery codes that are left. */
  recoveryCodes: number
  hasFactors: boolean
  passkeys: Array<{ id: string; name: string; since: string; lastUsed?: string; backedUp: boolean }>
  mayAdd: boolean
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
  proof: ConsentPage['proof']
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

/** `fixed`: the configuration sets it. */
export type MyPasswordPage = { action: string; token: string; username: string; problem?: PasswordProblem; fixed: boolean }

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

/** OAuth 2.0 Form Post Response Mode: posts itself to the client's redirect URI. */
export type FormPostPage = { action: string; parameters: Array<{ name: string; value: string }> }

/** One endpoint of this server, as the home page shows it. */
export type HomeEndpoint = {
  id: string
  methods: readonly string[]
  /** From the root of the host, the path of the issuer included. */
  path: string
  standards: ReadonlyArray<{ name: string; title: string; url: string }>
  /** A command that tries it, ready to paste into a shell. */
  curl: string
}

export type HomePage = {
  issuer: string
  /** This address is reached from this computer only. */
  loopback: boolean
  /** The registered resources, for somebody who is signed in: what they enter into an app. */
  servers: ReadonlyArray<{ name: string; identifier: string }>
  groups: Array<{ id: string; endpoints: HomeEndpoint[] }>
  /** By the id of the endpoint. For clients that want addresses typed in, and for MCP servers that verify tokens. */
  urls: Readonly<Record<string, string>>
}

export type PageModels = {
  login: LoginPage
  'second-factor': SecondFactorPage
  'factor-set-up': FactorSetUpPage
  'factor-locked': FactorLockedPage
  'my-factors': MyFactorsPage
  'recovery-codes': RecoveryCodesPage
  account: AccountPage
  consent: ConsentPage
  device: DevicePage
  'device-done': DeviceDonePage
  error: ErrorPage
  logout: LogoutPage
  'logged-out': LoggedOutPage
  invitation: InvitationPage
  'reset-password': ResetPasswordPage
  'forgot-password': AskForLinkPage
  'sign-up': AskForLinkPage
  'confirm-address': ConfirmAddressPage
  'link-done': LinkDonePage
  'link-gone': LinkGonePage
  'my-account': MyAccountPage
  'my-profile': MyProfilePage
  'my-password': MyPasswordPage
  'my-tokens': MyTokensPage
  'my-token': MyTokenPage
  'my-deletion': MyDeletionPage
  'account-deleted': AccountDeletedPage
  'form-post': FormPostPage
  home: HomePage
}

export type PageName = keyof PageModels

/** Every page; the type checker refuses a list that misses one or names another. */
export const pageNames = Object.keys({
  login: 1,
  'second-factor': 1,
  'factor-set-up': 1,
  'factor-locked': 1,
  'my-factors': 1,
  'recovery-codes': 1,
  account: 1,
  consent: 1,
  device: 1,
  'device-done': 1,
  error: 1,
  logout: 1,
  'logged-out': 1,
  invitation: 1,
  'reset-password': 1,
  'forgot-password': 1,
  'sign-up': 1,
  'confirm-address': 1,
  'link-done': 1,
  'link-gone': 1,
  'my-account': 1,
  'my-profile': 1,
  'my-password': 1,
  'my-tokens': 1,
  'my-token': 1,
  'my-deletion': 1,
  'account-deleted': 1,
  'form-post': 1,
  home: 1,
} satisfies Record<PageName, 1>) as PageName[]
