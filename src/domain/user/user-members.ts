/** What an operator, or the user, can say about a user. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { plainText } from '../protocol/text.ts'
import { parseUri } from '../protocol/uri.ts'
import type { Address, Profile } from './profile.ts'
import type { User } from './user.ts'

type Known = Pick<User, 'email' | 'emailVerified' | 'profile'>

/** A member that can't be accepted. */
export interface MemberProblem {
  readonly name: keyof UserMembers
  /** The rest of a sentence that begins with the name. */
  readonly problem: string
  /** What was given; absent if it was empty. */
  readonly given?: string
}

/** Who says it: what an operator says counts as verified. */
type Source = 'operator' | 'user'

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

const NOBODY: Known = { profile: {}, emailVerified: false }

/** A user with the members that are given, and otherwise as `before`. */
export function applyUserMembers(members: UserMembers, before = NOBODY, by: Source = 'operator'): Result<Known, MemberProblem> {
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
    emailVerified: email === before.email ? before.emailVerified : email !== undefined && by === 'operator',
    profile: {
      ...profile.value,
      ...(phoneNumber !== undefined && {
        phoneNumberVerified: phoneNumber === oldProfile.phoneNumber ? phoneNumberVerified : by === 'operator',
      }),
      ...(Object.keys(address.value).length > 0 && { address: address.value }),
    },
  })
}

function apply<Members extends { readonly [name in keyof Members]?: string | undefined }>(
  given: Readonly<Record<string, string | undefined>>,
  table: Table<Members>,
  before: Members,
): Result<Members, MemberProblem> {
  const members = { ...before }
  for (const [name, [member, kind]] of Object.entries(table)) {
    const raw = given[name]
    if (raw === undefined) continue
    const value = plainText(raw, kind === undefined ? MAX_VALUE : Infinity)
    if (value !== '' && kind?.test(value) === false)
      return err({ name: name as keyof UserMembers, problem: `must be ${kind.description}`, given: raw })
    if (value === '' && before[member] === undefined) return err({ name: name as keyof UserMembers, problem: 'is empty: leave it out' })
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

/** Each member as text, as it can be given; '' for what isn't known. */
export function userMembers({ email, profile }: Pick<User, 'email' | 'profile'>): Record<keyof UserMembers, string> {
  const read = (table: Readonly<Record<string, readonly [string, Kind?]>>, from: Readonly<Record<string, unknown>>) =>
    Object.entries(table).map(([name, [member]]) => [name, from[member] ?? ''])
  const entries = [...read(CONTACT, { email }), ...read(PROFILE, { ...profile }), ...read(ADDRESS, { ...profile.address })]
  return Object.fromEntries(entries) as Record<keyof UserMembers, string>
}

/** The members that differ from what is known: a form sends all of them. */
export function changedMembers(given: UserMembers, before: Pick<User, 'email' | 'profile'>): UserMembers {
  const known = userMembers(before)
  return Object.fromEntries(
    USER_MEMBERS.filter((name) => given[name] !== undefined && given[name].trim() !== known[name]).map((name) => [name, given[name]]),
  )
}
