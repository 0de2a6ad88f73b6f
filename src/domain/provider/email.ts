/** E-mail addresses as providers say them, in one form, so that two spellings are one address. */
import { domainToASCII } from 'node:url'

/** RFC 5321 section 4.5.3.1.3. */
const MAX_LENGTH = 254

/** In lower case, with the domain in ASCII; `undefined` for what isn't one address. */
export function parseEmail(raw: string): string | undefined {
  const [, local, domain] = /^([^\s@"<>(),;:\\[\]\p{C}]+)@([^\s@]+)$/u.exec(raw.normalize('NFC')) ?? []
  if (local === undefined) return undefined
  const ascii = domainToASCII(domain!)
  const email = `${local.toLowerCase()}@${ascii}`
  return /^(?:[a-z\d-]+\.)+[a-z\d-]+$/.test(ascii) && email.length <= MAX_LENGTH ? email : undefined
}

/** Of a parsed address. */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1)
