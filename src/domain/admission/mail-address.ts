/** E-mail addresses and domains in one form, so that rules compare what mail and browsers would take for the same. */
import { domainToASCII } from 'node:url'

/** What the parser of URLs would cut off, decode or take for something else than a name. */
const NO_NAME = /[\s/\\?#%@:[\]*<>"'(),;\p{Cc}]/u
/** A list of labels; the last one isn't a number, which would make an IPv4 address of it. */
const NAME = /^(?!.*(?:^|\.)(?:\d+|0x[\da-f]*)$)(?!.*(?:^|\.)-)(?!.*-(?:\.|$))[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*$/

/**
 * A domain in lower case, and in ASCII by IDNA (UTS 46), so that `Bücher.example` is `xn--bcher-kva.example`.
 *
 * @returns `undefined` for what isn't a domain: addresses of machines and wildcards, for example
 */
export function parseDomain(raw: string): string | undefined {
  if (raw.length > 253 || NO_NAME.test(raw)) return undefined
  const name = domainToASCII(raw)
  return name.length <= 253 && NAME.test(name) ? name : undefined
}

/**
 * An address in one form. Of the part before the `@`, only the letters of ASCII are taken for the same in upper and lower case: to fold
 * others would make one address of two, as `K` (Kelvin) and `k`, and people own only one of them.
 *
 * @returns `undefined` for what isn't a plain address: with a quoted part, a second `@` or white space
 */
export function parseAddress(raw: string): { readonly address: string; readonly domain: string } | undefined {
  const [, local, rawDomain] = /^([^\s@"(),:;<>[\]\\\p{Cc}\p{Cf}]{1,64})@([^@]+)$/u.exec(raw) ?? []
  const domain = rawDomain === undefined ? undefined : parseDomain(rawDomain)
  if (local === undefined || domain === undefined) return undefined
  return { address: `${local.replace(/[A-Z]/g, (letter) => letter.toLowerCase())}@${domain}`, domain }
}
