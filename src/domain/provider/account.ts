/**
 * To whom an account at a provider belongs (threat-model.md T20). An account that is known belongs to its person. Another one is never
 * joined to a person by a name, and by an address only where an operator made the person and gave the provider that domain.
 */
import { plainText } from '../protocol/text.ts'
import type { User } from '../user/user.ts'
import { canonicalUsername, isUsername } from '../user/username.ts'
import { domainOf } from './email.ts'
import type { Identity, IdentityClaims } from './identity.ts'
import type { Provider } from './provider.ts'

/** Somebody who has the address that the provider says, with the accounts that belong to them already. */
export interface Namesake {
  readonly user: User
  readonly identities: readonly Identity[]
}

export type Ownership =
  | { readonly kind: 'link'; readonly user: User }
  /** Somebody else has the address. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'new' }

/** @param namesakes everybody whose address, or whose name here, is the address that the provider says */
export function ownerOf(
  claims: IdentityClaims,
  { id, settings }: Pick<Provider, 'id' | 'settings'>,
  namesakes: readonly Namesake[],
): Ownership {
  const [namesake, ...others] = namesakes
  if (namesake === undefined) return { kind: 'new' }
  const { email, emailVerified } = claims
  const { user, identities } = namesake
  const isTheirs =
    email !== undefined &&
    emailVerified &&
    settings.domains.includes(domainOf(email)) &&
    others.length === 0 &&
    user.origin === 'operator' &&
    user.email?.toLowerCase() === email &&
    // An address that has changed hands at the provider.
    !identities.some(({ providerId }) => providerId === id)
  return isTheirs ? { kind: 'link', user } : { kind: 'taken' }
}

/** Whether a provider let somebody in: then nothing else does, unless it does. */
export const isManaged = ({ origin }: Pick<User, 'origin'>, identities: readonly Pick<Identity, 'managed'>[]): boolean =>
  origin === 'provider' || identities.some(({ managed }) => managed)

/** Names for somebody new, the best one first: they are only shown, and an account that has one keeps it. */
export function usernamesFor({ email, emailVerified, username = '', subject }: IdentityClaims, provider: string): string[] {
  const name = canonicalUsername(username)
  const wanted = [
    ...(email !== undefined && emailVerified ? [email] : []),
    name,
    `${name}-${provider}`,
    `${provider}-${subject.toLowerCase()}`,
  ]
  return wanted.filter((each) => isUsername(each) && !each.startsWith('-'))
}

/** Longest name and address of a picture that are taken over. */
const MAX_NAME = 128
const MAX_PICTURE = 1024

/** What of a person follows the provider. An address follows only if the provider vouches for it. */
export function followedProfile(claims: IdentityClaims, before: Pick<User, 'profile'>): User['profile'] {
  const text = (value: string | undefined) => (value === undefined ? undefined : plainText(value, MAX_NAME) || undefined)
  const picture = claims.picture !== undefined && isPicture(claims.picture) ? claims.picture : undefined
  const followed = { name: text(claims.name), givenName: text(claims.givenName), familyName: text(claims.familyName), picture }
  return { ...before.profile, ...Object.fromEntries(Object.entries(followed).filter(([, value]) => value !== undefined)) }
}

const isPicture = (raw: string): boolean => raw.length <= MAX_PICTURE && URL.canParse(raw) && new URL(raw).protocol === 'https:'
