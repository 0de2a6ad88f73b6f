/** URIs from clients, checked on parsed values (threat-model.md T1, T3, T4). */
import { isLoopbackHost } from './loopback.ts'

/** Parses an absolute URI; `undefined` if it isn't one, or if a parser would silently repair it. */
export function parseUri(raw: string): URL | undefined {
  // WHATWG parsing drops tabs and newlines, and turns backslashes into slashes. So a URI with them, or with anything that isn't
  // printable ASCII, means different things to different parsers.
  if (!/^[\x21-\x7E]+$/.test(raw) || /[\\<>"^`{|}]/.test(raw)) return undefined
  try {
    return new URL(raw)
  } catch {
    return undefined
  }
}

/** Refuses `https:host`, `https:///host` and an `@` in the authority, which other parsers read differently. */
export function hasPlainAuthority(raw: string): boolean {
  return /^https?:\/\/[^/?#@]+([/?#]|$)/i.test(raw)
}

/** Normalizes an http or https URI without query and fragment (RFC 3986 sections 6.2.2 and 6.2.3); `undefined` for anything else. */
export function normalizeHttpUri(raw: string): string | undefined {
  const [address] = raw.split(/[?#]/, 1) as [string]
  const uri = hasPlainAuthority(address) ? parseUri(address) : undefined
  return uri && uri.origin + uri.pathname.replace(/%[\da-f]{2}/gi, normalizeEncoded)
}

/** RFC 3986 section 6.2.2: decodes characters that need no encoding, and encodes all others in capitals. */
function normalizeEncoded(encoded: string): string {
  const character = String.fromCharCode(parseInt(encoded.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
}

/** Whether it is an https URI, without userinfo and fragment, whose host every parser reads the same way. */
export function isHttpsUri(raw: string): boolean {
  return !raw.includes('#') && hasPlainAuthority(raw) && parseUri(raw)?.protocol === 'https:'
}

/** Whether it can be `client_uri` or a similar member (RFC 7591 section 2): https, or http on loopback, without userinfo. */
export function isMetadataUri(raw: string): boolean {
  const uri = parseUri(raw)
  if (uri === undefined || !hasPlainAuthority(raw)) return false
  return uri.protocol === 'https:' || (uri.protocol === 'http:' && isLoopbackHost(uri.hostname))
}
