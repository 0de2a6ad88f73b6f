/** Parses the address that somebody typed, with a sentence for each way it can be wrong. */

/**
 * @param typed what was given on the command line
 * @returns the issuer that clients will compare, byte for byte what was typed, but without trailing slashes
 *   (RFC 8414 section 2: an issuer has no query and no fragment); or a sentence that says what is wrong
 */
export function parseIssuerUrl(typed: string): { ok: true; issuer: string } | { ok: false; sentence: string } {
  const text = typed.trim()
  const no = (sentence: string) => ({ ok: false as const, sentence })
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return no(`"${text}" is not an http or https address. Give the address of the server, for example http://localhost:8000`)
  }
  const url = new URL(text)
  if (url.username || url.password) return no('The address must not hold a user name or a password.')
  if (/[?#]/.test(text)) return no(`"${text}" has a query or a fragment, which an issuer cannot have. Give the address without it.`)
  if (url.pathname.includes('/.well-known/')) {
    return no(`"${text}" is the address of a metadata document. Give the issuer, which is the address without the /.well-known/ part.`)
  }
  return { ok: true, issuer: text.replace(/\/+$/, '') }
}
