/** What an operator can say about a user. It counts as verified. */
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { parseUri } from '../../domain/protocol/uri.ts'
import type { Address, Profile } from '../../domain/user/profile.ts'
import type { User } from '../../domain/user/user.ts'
import { invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

type Known = Pick<User, 'email' | 'emailVerified' | 'profile'>

/** What a value must be, if not any text will do. */
interface Kind {
  readonly description: string
  test(text: string): boolean
}

/** Longest value, in characters. */
const MAX_VALUE = 200

const EMAIL: Kind = { description: 'an e-mail address', test: (text) => text.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(text) }
const WEB_ADDRESS: Kind = {
  description: 'an http or https address',
  test: (text) => text.length <= 2048 && /^https?:$/.test(parseUri(text)?.protocol ?? ''),
}
/** OpenID Connect Core section 5.1 recommends E.164. */
const PHONE: Kind = {
  description: 'a phone number like +82 2 123 4567',
  test: (text) => /^\+\d[\d ().-]{3,30}(;ext=\d{1,8})?$/.test(text),
}
const BIRTHDATE: Kind = { description: 'a date like 1984-02-29, 1984 or 0000-02-29', test: isBirthdate }
const TIME_ZONE: Kind = {
  description: 'a time zone like Asia/Seoul',
  test: (timeZone) => works(() => new Intl.DateTimeFormat('en', { timeZone })),
}
const LOCALE: Kind = { description: 'a language tag like ko-KR', test: (text) => works(() => Intl.getCanonicalLocales(text)) }

type Table<Members> = Readonly<Record<string, readonly [member: keyof Members, kind?: Kind]>>

const CONTACT = { email: ['email', EMAIL] } as const satisfies Table<Pick<User, 'email'>>
const PROFILE = {
  name: ['name'],
  givenName: ['givenName'],
  familyName: ['familyName'],
  middleName: ['middleName'],
  nickname: ['nickname'],
  profile: ['page', WEB_ADDRESS],
  picture: ['picture', WEB_ADDRESS],
  website: ['website', WEB_ADDRESS],
  gender: ['gender'],
  birthdate: ['birthdate', BIRTHDATE],
  zoneinfo: ['zoneinfo', TIME_ZONE],
  locale: ['locale', LOCALE],
  phone: ['phoneNumber', PHONE],
} as const satisfies Table<Omit<Profile, 'address' | 'phoneNumberVerified'>>
const ADDRESS = {
  address: ['formatted'],
  street: ['streetAddress'],
  locality: ['locality'],
  region: ['region'],
  postalCode: ['postalCode'],
  country: ['country'],
} as const satisfies Table<Address>

/** Each member by its name here; an empty text removes it. */
export type UserMembers = { readonly [name in keyof typeof CONTACT | keyof typeof PROFILE | keyof typeof ADDRESS]?: string | undefined }

export const USER_MEMBERS = Object.keys({ ...CONTACT, ...PROFILE, ...ADDRESS }) as readonly (keyof UserMembers)[]

/** A user with the members that are given, and otherwise as `before`. */
export function applyUserMembers(members: UserMembers, before: Known = { profile: {}, emailVerified: false }): Outcome<Known> {
  const { address: oldAddress, phoneNumberVerified, ...oldProfile } = before.profile
  const contact = apply(members, CONTACT, { email: before.email })
  if (!contact.ok) return contact
  const profile = apply(members, PROFILE, oldProfile)
  if (!profile.ok) return profile
  const address = apply(members, ADDRESS, oldAddress ?? {})
  if (!address.ok) return address
  const { email } = contact.value
  const { phoneNumber } = profile.value
  return ok({
    email,
    emailVerified: email === before.email ? before.emailVerified : email !== undefined,
    profile: {
      ...profile.value,
      ...(phoneNumber !== undefined && { phoneNumberVerified: phoneNumber !== oldProfile.phoneNumber || phoneNumberVerified }),
      ...(Object.keys(address.value).length > 0 && { address: address.value }),
    },
  })
}

function apply<Members extends { readonly [name in keyof Members]?: string | undefined }>(
  given: Readonly<Record<string, string | undefined>>,
  table: Table<Members>,
  before: Members,
): Outcome<Members> {
  const members = { ...before }
  for (const [name, [member, kind]] of Object.entries(table)) {
    const raw = given[name]
    if (raw === undefined) continue
    const value = plainText(raw, kind === undefined ? MAX_VALUE : Infinity)
    if (value !== '' && kind?.test(value) === false) return invalidArgument(name, `must be ${kind.description}`, raw)
    if (value === '' && before[member] === undefined) return invalidArgument(name, 'is empty: leave it out')
    if (value === '') delete members[member]
    else members[member] = value as Members[typeof member]
  }
  return ok(members)
}

/** OpenID Connect Core section 5.1: a day, a year, or a day without its year. */
function isBirthdate(text: string): boolean {
  if (/^\d{4}$/.test(text)) return true
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  return day !== undefined && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

function works(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
