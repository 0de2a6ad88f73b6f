/** Where people of a service find help: an e-mail address, a page, or words such as a telephone number. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { plainText } from '../protocol/text.ts'
import { hasPlainAuthority, parseUri } from '../protocol/uri.ts'

export interface SupportContact {
  readonly text: string
  /** What a click opens; words have nothing to open. */
  readonly href?: string
}

const MAX_WORDS = 200
/** Without characters that mean something else in a mailto address (RFC 6068 section 2). */
const EMAIL = /^[^\s@:/?&%#<>"]+@[^\s@:/?&%#<>"]+$/

/** @returns the contact, or the rest of a sentence "it must ..." */
export function parseSupportContact(raw: string): Result<SupportContact, string> {
  const address = raw.replace(/^mailto:/i, '')
  if (EMAIL.test(address)) return ok({ text: address, href: `mailto:${address}` })
  if (isPageUrl(raw)) return ok({ text: raw.replace(/^https:\/\/|\/$/gi, ''), href: raw })
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(raw)) return err('begin with https://, if it is the address of a page')
  const words = plainText(raw, MAX_WORDS + 1)
  const fits = words !== '' && [...words].length <= MAX_WORDS
  return fits ? ok({ text: words }) : err(`be at most ${MAX_WORDS} visible characters, if it is words`)
}

/** Whether it is the https address of a page; a part of the page may be named. */
export const isPageUrl = (raw: string): boolean => /^https:/i.test(raw) && hasPlainAuthority(raw) && parseUri(raw) !== undefined
