/** What the pages about second factors and passkeys need to be rendered. Owns no text and no markup. */

/** A hidden field that binds a post to the browser and to the request it belongs to. Opaque to the pages. */
export type Transaction = string

/** A passkey that a script asks the browser for: the options are JSON. */
export type PasskeyForm = { passkey?: { action: string; options: string } }

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

/** A second factor that only a link makes possible, by somebody else or by mail. */
export type FactorLockedPage = {
  action: string
  transaction: Transaction
  username: string
  cancellable: boolean
  /** Whether the link can be mailed; `sent` once it is on its way. */
  mail?: 'offered' | 'sent'
}

/** Recovery codes, this once. `next`: where to go on, by a link or, within a login, by a form. */
export type RecoveryCodesPage = { codes: string[]; next: { link: string } | { action: string; transaction: Transaction } }

/** Failed attempts to sign in before this login, and when they began, in the page's language. */
export type SignInFailures = { signInFailures?: { count: number; since: string }; /** When factors changed. */ factorsChanged?: string }
