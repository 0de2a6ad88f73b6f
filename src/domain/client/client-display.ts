/** What users see of a client (RFC 7591 section 2.2): names and URIs, also in other languages, such as `client_name#ko`. */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { plainText } from '../protocol/text.ts'
import { isMetadataUri } from '../protocol/uri.ts'

/** Texts that are only shown and echoed, by wire name with language tag. */
export type Display = Readonly<Record<string, string>>

interface DisplayedClient {
  readonly id: string
  readonly metadata: { readonly display: Display }
}

/** Members that hold a URI, and members that hold a text. Any other name is unknown and ignored. */
const URI_MEMBER = /^(client|logo|tos|policy)_uri(#[A-Za-z0-9-]{1,35})?$/
/** Most languages of one member: more than any client was seen with, and few enough to keep (threat-model.md T18). */
const MAX_LANGUAGES = 10
const TEXT_MEMBER = /^(client_name(#[A-Za-z0-9-]{1,35})?|software_id|software_version)$/
/** Longest URI. The schema doesn't check the members in other languages in every case. */
const MAX_URI = 2048
/** Longest text that users have to read, in characters. */
export const MAX_TEXT = 200

/** Checks URIs, and strips invisible characters from texts (threat-model.md T1). The error is a sentence that names the member. */
export function parseDisplay(body: RegistrationRequest): Result<Display, string> {
  const display: Record<string, string> = {}
  const languages = new Map<string, number>()
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value === '') continue
    if (URI_MEMBER.test(name)) {
      if (value.length > MAX_URI || !isMetadataUri(value)) return err(`${name} must be an https URL`)
      display[name] = value
    } else if (TEXT_MEMBER.test(name)) {
      const shown = plainText(value, MAX_TEXT)
      if (shown !== '') display[name] = shown
    }
    const [member, language] = name.split('#') as [string, string?]
    if (language === undefined || display[name] === undefined) continue
    const count = (languages.get(member) ?? 0) + 1
    if (count > MAX_LANGUAGES) return err(`${member} must be in at most ${MAX_LANGUAGES} languages`)
    languages.set(member, count)
  }
  return ok(display)
}

/**
 * A member in the language of a page: exactly that language (`ko`), else a region of it (`ko-KR`), else the member without a
 * language. Language tags are case-insensitive (RFC 5646 section 2.1.1).
 */
export function displayed(
  { metadata: { display } }: DisplayedClient,
  member: 'client_name' | 'client_uri' | 'logo_uri' | 'policy_uri' | 'tos_uri',
  language: string,
): string | undefined {
  const wanted = `${member}#${language}`.toLowerCase()
  const names = Object.keys(display)
  const match = names.find((name) => name.toLowerCase() === wanted) ?? names.find((name) => name.toLowerCase().startsWith(`${wanted}-`))
  return display[match ?? member]
}

/** The name that users see: in the page's language, else without a language, else the client id. */
export function displayName(client: DisplayedClient, language: string): string {
  return displayed(client, 'client_name', language) ?? client.id
}

/** An origin that is safe in a Content-Security-Policy: a host may contain `;` or `,`, which would add a directive (threat-model.md T1). */
const PLAIN_ORIGIN = /^https:\/\/[a-z0-9.:[\]-]+$/

/** The logo that a page may show, with its origin for the Content-Security-Policy. */
export function displayedLogo(client: DisplayedClient, language: string): { uri: string; origin: string } | undefined {
  const uri = displayed(client, 'logo_uri', language)
  const origin = uri === undefined ? '' : new URL(uri).origin
  return uri !== undefined && PLAIN_ORIGIN.test(origin) ? { uri, origin } : undefined
}
