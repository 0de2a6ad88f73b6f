/** The claims about users, and the scope of each (OpenID Connect Core sections 5.1 and 5.4). */
import { isDeepStrictEqual } from 'node:util'
import type { UserClaims } from '../../schemas/userinfo.ts'
import type { Address } from './profile.ts'
import type { UserProfile } from './user.ts'

/** Claims that a request asks for by name, each with the accepted values; `null` for any value. */
export type WantedClaims = Readonly<Record<string, readonly unknown[] | null>>

type Read = (user: UserProfile) => unknown

/** How to read each claim, by scope. Claims without a value are never sent. */
const READERS = {
  profile: {
    name: ({ profile, username }) => profile.name ?? username,
    preferred_username: ({ username }) => username,
    given_name: ({ profile }) => profile.givenName,
    family_name: ({ profile }) => profile.familyName,
    middle_name: ({ profile }) => profile.middleName,
    nickname: ({ profile }) => profile.nickname,
    profile: ({ profile }) => profile.page,
    picture: ({ profile }) => profile.picture,
    website: ({ profile }) => profile.website,
    gender: ({ profile }) => profile.gender,
    birthdate: ({ profile }) => profile.birthdate,
    zoneinfo: ({ profile }) => profile.zoneinfo,
    locale: ({ profile }) => profile.locale,
    updated_at: ({ updatedAt }) => Math.floor(updatedAt / 1000),
  },
  email: {
    email: ({ email }) => email,
    email_verified: ({ email, emailVerified }) => (email === undefined ? undefined : emailVerified),
  },
  address: {
    address: ({ profile }) => profile.address && renderAddress(profile.address),
  },
  phone: {
    phone_number: ({ profile }) => profile.phoneNumber,
    phone_number_verified: ({ profile }) => (profile.phoneNumber === undefined ? undefined : (profile.phoneNumberVerified ?? false)),
  },
} as const satisfies Record<string, Record<string, Read>>

export const USER_SCOPES: readonly string[] = Object.keys(READERS)

interface UserClaim {
  readonly name: string
  readonly scope: string
  readonly read: Read
}

const USER_CLAIMS: readonly UserClaim[] = Object.entries(READERS).flatMap(([scope, readers]) =>
  Object.entries<Read>(readers).map(([name, read]) => ({ name, scope, read })),
)

export const USER_CLAIM_NAMES: readonly string[] = USER_CLAIMS.map(({ name }) => name)

/** The scope that a claim belongs to; `undefined` if it isn't a claim about a user. */
export const scopeOfClaim = (name: string): string | undefined => USER_CLAIMS.find((claim) => claim.name === name)?.scope

/** The claims of `scopes`, and the `wanted` ones whose value is accepted. */
export function userClaims(user: UserProfile, scopes: readonly string[], wanted: WantedClaims = {}): UserClaims {
  const claims: Record<string, unknown> = {}
  for (const { name, scope, read } of USER_CLAIMS) {
    const value = scopes.includes(scope) || Object.hasOwn(wanted, name) ? read(user) : undefined
    if (value !== undefined && (scopes.includes(scope) || accepts(wanted[name], value))) claims[name] = value
  }
  return claims
}

const accepts = (values: readonly unknown[] | null | undefined, value: unknown): boolean =>
  values?.some((wanted) => isDeepStrictEqual(wanted, value)) ?? true

/** OpenID Connect Core section 5.1.1. */
function renderAddress({ formatted, streetAddress, locality, region, postalCode, country }: Address): UserClaims['address'] {
  const members = { formatted, street_address: streetAddress, locality, region, postal_code: postalCode, country }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
