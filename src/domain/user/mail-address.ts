/** E-mail addresses that mails go to. Narrower than RFC 5322: what a mail program could read as two addresses, or as a name, is none. */
import type { User } from './user.ts'

const MAX_LENGTH = 254
const FORM = /^[^\s\p{C}@<>()[\]\\,;:"]{1,64}@[^\s\p{C}@<>()[\]\\,;:"']+$/u

export const isMailAddress = (text: string): boolean => text.length <= MAX_LENGTH && FORM.test(text)

/** One spelling for comparisons: providers ignore the case, and people change it. */
export const foldAddress = (address: string): string => address.trim().toLowerCase()

/** Where mails for a user go: an address that is known to be theirs. */
export const verifiedAddress = ({ email, emailVerified }: Pick<User, 'email' | 'emailVerified'>): string | undefined =>
  emailVerified && email !== undefined && isMailAddress(email) ? email : undefined
