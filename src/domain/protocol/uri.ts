/** URIs that clients hand in, judged on parsed values (threat-model.md T1, T3, T4). */
import { isLoopbackHost } from './loopback.ts'

/** Parses an absolute URI; `undefined` for anything that isn't one, or that a parser would silently repair. */
export function parseUri(raw: string): URL | undefined {
  // WHATWG parsing drops tabs and newlines and turns backslashes into slashes: a URI that holds them (or anything
  // that isn't printable ASCII) means different things to different parsers.
  if (!/^[\x21-\x7E]+$/.test(raw) || /[\\<>"^`{|}]/.test(raw)) return undefined
  try {
    return new URL(raw)
  } catch {
    return undefined
  }
}

/** `https:host` and `https:///host` parse, but are read differently elsewhere; so is an `@` in the authority. */
export function hasPlainAuthority(raw: string): boolean {
  return /^https?:\/\/[^/?#@]+([/?#]|$)/i.test(raw)
}

/**
 * One spelling of an http or https URI, without query and fragment (RFC 3986 sections 6.2.2 and 6.2.3); `undefined` for anything
 * else.
 */
export function normalizeHttpUri(raw: string): string | undefined {
  const [address] = raw.split(/[?#]/, 1) as [string]
  const uri = hasPlainAuthority(address) ? parseUri(address) : undefined
  return uri && uri.origin + uri.pathname.replace(/%[\da-f]{2}/gi, normalizeEncoded)
}

/** RFC 3986 section 6.2.2: a character that needs no encoding has none, and any other has it in capitals. */
function normalizeEncoded(encoded: string): string {
  const character = String.fromCharCode(parseInt(encoded.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
}

/** An https URI whose host every parser reads alike; no userinfo, no fragment. */
export function isHttpsUri(raw: string): boolean {
  return !raw.includes('#') && hasPlainAuthority(raw) && parseUri(raw)?.protocol === 'https:'
}

/** A metadata URI (RFC 7591 section 2: `client_uri` and the like): https, or http on loopback; no userinfo. */
export function isMetadataUri(raw: string): boolean {
  const uri = parseUri(raw)
  if (uri === undefined || !hasPlainAuthority(raw)) return false
  return uri.protocol === 'https:' || (uri.protocol === 'http:' && isLoopbackHost(uri.hostname))
}
