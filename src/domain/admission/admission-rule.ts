/** Rules of who may come in by a provider: `ADMIT` and `admission add` hold them as text. There are no wildcards. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isClaimPath } from './claim-path.ts'
import { parseAddress, parseDomain } from './mail-address.ts'

/** What a rule is about: an address or a domain of any provider, or what one provider says. */
export type AdmissionRule = { /** In its one form, by which it is kept, listed and compared. */ readonly text: string } & (
  | { readonly kind: 'email'; readonly value: string }
  | { readonly kind: 'domain'; readonly value: string }
  | { readonly kind: 'hd' | 'org' | 'team' | 'tenant'; readonly provider: string; readonly value: string }
  | { readonly kind: 'claim'; readonly provider: string; readonly path: string; readonly value: string }
)

/** A rule that an operator added by command. */
export interface StoredAdmissionRule {
  readonly rule: string
  /** The group of everybody of whom it holds. */
  readonly group?: string | undefined
  /** In ms. */
  readonly createdAt: number
}

export const MAX_RULE = 512

/** What each kind of rule takes, as the sentence "It must ..." ends. */
const FORMS =
  'be an address such as you@example.com, a domain such as @acme.com, or what a provider says: google:hd=acme.com, github:org=acme, ' +
  'github:team=acme/ops, microsoft:tenant=ID, NAME:claim=/groups=admins'

/** @returns the rule, or the rest of the sentence "It must ..." */
export function parseAdmissionRule(raw: string): Result<AdmissionRule, string> {
  const given = raw.trim()
  if (given.length > MAX_RULE) return err(`have at most ${MAX_RULE} characters`)
  const [, name, attribute, asked] = /^([\w-]+):([\w-]+)=(.*)$/su.exec(given) ?? []
  if (name === undefined) return given.startsWith('@') ? parseDomainRule(given) : parseAddressRule(given)
  const provider = name.toLowerCase()
  switch (attribute) {
    case 'hd': {
      const value = parseDomain(asked!)
      return value === undefined ? err(notADomain(asked!)) : ok({ text: `${provider}:hd=${value}`, kind: 'hd', provider, value })
    }
    case 'org':
      return parseNamed('org', provider, asked!, /^[a-z\d](?:-?[a-z\d])*$/i, 'name an organisation, as in github:org=acme')
    case 'team':
      return parseNamed(
        'team',
        provider,
        asked!,
        /^[a-z\d](?:-?[a-z\d])*\/[\w.-]+$/i,
        'name organisation and team, as in github:team=acme/ops',
      )
    case 'tenant':
      return parseNamed(
        'tenant',
        provider,
        asked!,
        /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
        'name the tenant by its id, as in microsoft:tenant=72f988bf-86f1-41af-91ab-2d7cd011db47',
      )
    case 'claim':
      return parseClaimRule(provider, asked!)
    default:
      return err(FORMS)
  }
}

/** Rules that were checked when they were configured or kept. */
export const storedRules = (texts: readonly string[]): AdmissionRule[] =>
  texts.flatMap((text) => {
    const rule = parseAdmissionRule(text)
    return rule.ok ? [rule.value] : []
  })

function parseDomainRule(given: string): Result<AdmissionRule, string> {
  const value = parseDomain(given.slice(1))
  return value === undefined ? err(notADomain(given)) : ok({ text: `@${value}`, kind: 'domain', value })
}

function parseAddressRule(given: string): Result<AdmissionRule, string> {
  if (given.includes('*')) return err(notADomain(given))
  const parsed = parseAddress(given)
  return parsed === undefined ? err(FORMS) : ok({ text: parsed.address, kind: 'email', value: parsed.address })
}

/** Organisations, teams and tenants have one name in upper and lower case. */
function parseNamed(
  kind: 'org' | 'team' | 'tenant',
  provider: string,
  asked: string,
  form: RegExp,
  otherwise: string,
): Result<AdmissionRule, string> {
  const value = asked.toLowerCase()
  return form.test(asked) ? ok({ text: `${provider}:${kind}=${value}`, kind, provider, value }) : err(otherwise)
}

/** The value may hold equals signs, the path can't. */
function parseClaimRule(provider: string, asked: string): Result<AdmissionRule, string> {
  const at = asked.indexOf('=')
  const [path, value] = [asked.slice(0, Math.max(at, 0)), asked.slice(at + 1)]
  if (!isClaimPath(path) || value === '' || /\p{Cc}/u.test(value))
    return err('name a claim by its path and its value, as in NAME:claim=/groups=admins (RFC 6901: ~1 is a slash in a name)')
  return ok({ text: `${provider}:claim=${path}=${value}`, kind: 'claim', provider, path, value })
}

const notADomain = (given: string): string =>
  given.includes('*')
    ? 'name each domain: there are no wildcards, and a domain does not include those below it'
    : 'name a domain, such as acme.com, without anything before or after it'
