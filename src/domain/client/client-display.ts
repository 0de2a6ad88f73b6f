/** What people see of a client (RFC 7591 section 2.2): names and addresses, each also in other languages, as in `client_name#ko`. */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { plainText } from '../protocol/text.ts'
import { isMetadataUri } from '../protocol/uri.ts'

/** By wire name, with any language tag: text that is only shown or told back. */
export type Display = Readonly<Record<string, string>>

interface DisplayedClient {
  readonly id: string
  readonly metadata: { readonly display: Display }
}

/** Members that hold a URI or a text; any other name, however like them, is unknown and ignored. */
const URI_MEMBER = /^(client|logo|tos|policy)_uri(#[A-Za-z0-9-]{1,35})?$/
const TEXT_MEMBER = /^(client_name(#[A-Za-z0-9-]{1,35})?|software_id|software_version)$/
/** Longest URI: not every way to here has passed the schema of names in other languages. */
const MAX_URI = 2048
/** Longest text that a person is asked to read. */
export const MAX_TEXT = 200

/** URIs are judged by their parsed scheme, texts stripped of what hides (threat-model.md T1); the error names the member. */
export function parseDisplay(body: RegistrationRequest): Result<Display, string> {
  const display: Record<string, string> = {}
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value === '') continue
    if (URI_MEMBER.test(name)) {
      if (value.length > MAX_URI || !isMetadataUri(value)) return err(`${name} must be an https URL`)
      display[name] = value
    } else if (TEXT_MEMBER.test(name)) {
      const shown = plainText(value, MAX_TEXT)
      if (shown !== '') display[name] = shown
    }
  }
  return ok(display)
}

/**
 * A member in the language of a page (`ko`): that very language, else one of its regions (`ko-KR`), else the plain member.
 * Language tags know no case (RFC 5646 section 2.1.1).
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

/** The name that a person sees: the one in the page's language, else the plain one, else the id. */
export function displayName(client: DisplayedClient, language: string): string {
  return displayed(client, 'client_name', language) ?? client.id
}

/** An origin that can stand in a Content-Security-Policy: a host name may hold `;` and `,`, by which one would go on (threat-model.md T1). */
const PLAIN_ORIGIN = /^https:\/\/[a-z0-9.:[\]-]+$/

/** The logo that a page may let a browser fetch, with the one origin that it comes from. */
export function displayedLogo(client: DisplayedClient, language: string): { uri: string; origin: string } | undefined {
  const uri = displayed(client, 'logo_uri', language)
  const origin = uri === undefined ? '' : new URL(uri).origin
  return uri !== undefined && PLAIN_ORIGIN.test(origin) ? { uri, origin } : undefined
}
