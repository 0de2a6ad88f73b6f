/** One-use links: what each is for, how long it counts, and what is kept of it. Instants are milliseconds since the epoch. */

/** `invitation` makes an account, `reset` sets a new password, `address` confirms an e-mail address, `factor` adds a second factor or the first passkey. */
export const LINK_KINDS = ['invitation', 'reset', 'address', 'factor'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

/** What an invitation gives to the account that it makes. */
export interface LinkData {
  /** The name of the group that the user joins. */
  readonly group?: string | undefined
  /** The language of the mail (RFC 5646). */
  readonly language?: string | undefined
}

/** A link as it is stored: without its token, of which only the hash is kept. */
export interface Link {
  readonly tokenHash: string
  readonly kind: LinkKind
  /** Whose account it changes; of an invitation, the account that it made. */
  readonly userId?: string | undefined
  /** The e-mail address that it was made for. */
  readonly address?: string | undefined
  readonly data: LinkData
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt?: number | undefined
}

const HOUR_MS = 3_600_000

/** How long a link counts, in ms. */
export const LINK_TTL_MS: Readonly<Record<LinkKind, number>> = {
  invitation: 72 * HOUR_MS,
  reset: HOUR_MS / 2,
  address: 24 * HOUR_MS,
  factor: 24 * HOUR_MS,
}

/** How long a second click on the button is answered like the first one, in ms. */
const SECOND_CLICK_MS = 60_000

export const isUsable = ({ usedAt, expiresAt }: Pick<Link, 'usedAt' | 'expiresAt'>, now: number): boolean =>
  usedAt === undefined && now < expiresAt

/** Whether a link was used only a moment ago: the browser that did so may not have seen the answer. */
export const wasJustUsed = ({ usedAt }: Pick<Link, 'usedAt'>, now: number): boolean =>
  usedAt !== undefined && now - usedAt < SECOND_CLICK_MS
