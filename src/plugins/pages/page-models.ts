/** What each page needs to be rendered: the name of a page fixes the type of its model. Owns no text and no markup. */
import type { Caution } from '../../domain/authorization/consent.ts'
import type { Preset } from '../../domain/authorization/consent-choice.ts'
import type { ErrorAdvice, ErrorCause } from '../../domain/language/error-causes.ts'
import type { ProviderProblem } from '../../domain/provider/provider-problem.ts'
import type { BUILT_IN_SCOPES } from '../../domain/protocol/scope.ts'
import type { ScopeKind } from '../../domain/resource/resource.ts'
import type {
  AccountDeletedPage,
  MyAccountPage,
  MyDeletionPage,
  MyFactorsPage,
  MyPasswordPage,
  MyProfilePage,
  MyTokenPage,
  MyTokensPage,
} from './account-models.ts'
import type { ConsolePage } from './console-models.ts'
import type {
  FactorLockedPage,
  FactorSetUpPage,
  PasskeyForm,
  RecoveryCodesPage,
  SecondFactorPage,
  SignInFailures,
  Transaction,
} from './factor-models.ts'
import type {
  AskForLinkPage,
  ConfirmAddressPage,
  InvitationPage,
  LinkDonePage,
  LinkGonePage,
  LinkPasskeyPage,
  ResetPasswordPage,
} from './link-models.ts'

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

/** Asks for the code that a device shows. `userCode`: what was typed before, or came in the address. */
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
  /** Where the person can add a passkey or a second step. */
  factors?: string
  /** The start page, where nothing is at an address. */
  home?: string
  /** Where the person may go on with another account. */
  switchTo?: { action: string; transaction: Transaction }
  /** The website of the app. */
  tryAgain?: { uri: string; host: string }
  /** Back to the app, with the error as it wants to hear of it: a link, or a form that posts the fields. `host` gets it. */
  wayBack?: { host: string } & ({ location: string } | { action: string; fields: Array<{ name: string; value: string }> })
}

/** Which client asks for a logout, and the host (or scheme) that it wants the person back at. */
type LogoutClient = { clientName?: string; redirectHost?: string }

/** Answers its fields: the form's token, and what the client asked. */
export type LogoutPage = LogoutClient & { action: string; fields: Array<{ name: string; value: string }>; username: string }

/** `location`: a way back that the person may take. */
export type LoggedOutPage = LogoutClient & { location?: string }

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
  'link-passkey': LinkPasskeyPage
  'link-done': LinkDonePage
  'link-gone': LinkGonePage
  'my-account': MyAccountPage
  'my-profile': MyProfilePage
  'my-password': MyPasswordPage
  'my-tokens': MyTokensPage
  'my-token': MyTokenPage
  'my-deletion': MyDeletionPage
  'account-deleted': AccountDeletedPage
  console: ConsolePage
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
  'link-passkey': 1,
  'link-done': 1,
  'link-gone': 1,
  'my-account': 1,
  'my-profile': 1,
  'my-password': 1,
  'my-tokens': 1,
  'my-token': 1,
  'my-deletion': 1,
  'account-deleted': 1,
  console: 1,
  'form-post': 1,
  home: 1,
} satisfies Record<PageName, 1>) as PageName[]
