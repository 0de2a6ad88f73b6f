/** What is known of a person, given as options. What an operator says about people counts as checked. */
import type { Address, Profile } from '../domain/user/profile.ts'
import type { User } from '../domain/user/user.ts'
import { plainText } from '../domain/protocol/text.ts'
import { parseUri } from '../domain/protocol/uri.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

type Person = Pick<User, 'email' | 'emailVerified' | 'profile'>

/** What a value must be, in words, if not every text will do. */
interface Kind {
  readonly named: string
  test(text: string): boolean
}

/** Longest value, in characters. */
const MAX_VALUE = 200

const EMAIL: Kind = { named: 'e-mail address', test: (text) => text.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(text) }
const WEB_ADDRESS: Kind = {
  named: 'http or https address',
  test: (text) => text.length <= 2048 && /^https?:$/.test(parseUri(text)?.protocol ?? ''),
}
/** OpenID Connect Core section 5.1 recommends E.164. */
const PHONE: Kind = { named: 'phone number like +82 2 123 4567', test: (text) => /^\+\d[\d ().-]{3,30}(;ext=\d{1,8})?$/.test(text) }
const BIRTHDATE: Kind = { named: 'date like 1984-02-29, 1984 or 0000-02-29', test: isBirthdate }
const TIME_ZONE: Kind = { named: 'time zone like Asia/Seoul', test: (timeZone) => works(() => new Intl.DateTimeFormat('en', { timeZone })) }
const LOCALE: Kind = { named: 'language tag like ko-KR', test: (text) => works(() => Intl.getCanonicalLocales(text)) }

type Table<Members> = Readonly<Record<string, readonly [member: keyof Members, kind?: Kind]>>

const PROFILE: Table<Omit<Profile, 'address' | 'phoneNumberVerified'>> = {
  name: ['name'],
  'given-name': ['givenName'],
  'family-name': ['familyName'],
  'middle-name': ['middleName'],
  nickname: ['nickname'],
  profile: ['page', WEB_ADDRESS],
  picture: ['picture', WEB_ADDRESS],
  website: ['website', WEB_ADDRESS],
  gender: ['gender'],
  birthdate: ['birthdate', BIRTHDATE],
  zoneinfo: ['zoneinfo', TIME_ZONE],
  locale: ['locale', LOCALE],
  phone: ['phoneNumber', PHONE],
}
const ADDRESS: Table<Address> = {
  address: ['formatted'],
  street: ['streetAddress'],
  locality: ['locality'],
  region: ['region'],
  'postal-code': ['postalCode'],
  country: ['country'],
}

/**
 * A person as the options say, who was `before` what they don't name. An empty value takes away what is there.
 *
 * @throws {CommandRefused} if a value can't be what its option says
 */
export function readPerson(call: Call, before: Person = { profile: {}, emailVerified: false }): Person {
  const { email } = read(call, { email: ['email', EMAIL] }, { email: before.email })
  const { address: oldAddress, phoneNumberVerified, ...oldProfile } = before.profile
  const profile = read(call, PROFILE, oldProfile)
  const address = read(call, ADDRESS, oldAddress ?? {})
  return {
    email,
    emailVerified: email === before.email ? before.emailVerified : email !== undefined,
    profile: {
      ...profile,
      ...(profile.phoneNumber !== undefined && {
        phoneNumberVerified: profile.phoneNumber !== oldProfile.phoneNumber || phoneNumberVerified,
      }),
      ...(Object.keys(address).length > 0 && { address }),
    },
  }
}

function read<Members extends { readonly [name in keyof Members]?: string | undefined }>(
  { options }: Call,
  table: Table<Members>,
  before: Members,
): Members {
  const members = { ...before }
  for (const [option, [member, kind]] of Object.entries(table)) {
    const raw = options[option]
    if (typeof raw !== 'string') continue
    const value = plainText(raw, kind === undefined ? MAX_VALUE : Infinity)
    if (value !== '' && kind?.test(value) === false) throw new CommandRefused(`"${plainText(raw, 100)}" is no ${kind.named}.`)
    if (value === '' && before[member] === undefined) throw new CommandRefused(`--${option} is empty: leave it out.`)
    if (value === '') delete members[member]
    else members[member] = value as Members[typeof member]
  }
  return members
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
