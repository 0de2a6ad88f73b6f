/**
 * What the claims of an OpenID provider mean, by its kind (threat-model.md T20): which account it is, and whether its word on an address
 * can be taken. An address that isn't vouched for is kept only to be shown.
 */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import type { JsonObject } from '../protocol/json.ts'
import { parseEmail } from './email.ts'
import type { IdentityClaims } from './identity.ts'
import type { ProviderKind } from './provider.ts'

/** Google gives these addresses itself. */
const GOOGLE_MAIL = ['gmail.com', 'googlemail.com']

/** Longest subject (OpenID Connect Core section 2). */
const MAX_SUBJECT = 255

/** @returns what the claims say, or in words why they say nothing usable */
export function readIdentityClaims(kind: ProviderKind, claims: JsonObject): Result<IdentityClaims, string> {
  const text = (name: string): string | undefined => {
    const value = claims[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [issuer, sub] = [text('iss'), text('sub')]
  if (issuer === undefined || sub === undefined || sub.length > MAX_SUBJECT) return err('the id_token has no usable sub')
  const tenant = kind === 'microsoft' ? text('tid')?.toLowerCase() : undefined
  const object = kind === 'microsoft' ? text('oid')?.toLowerCase() : undefined
  if (kind === 'microsoft' && (tenant === undefined || object === undefined))
    return err('the id_token has no tid and oid: the app needs the scope profile')
  const email = parseEmail(text('email') ?? '')
  const hostedDomain = kind === 'google' ? text('hd')?.toLowerCase() : undefined
  return ok({
    issuer,
    subject: kind === 'microsoft' ? `${tenant}:${object}` : sub,
    email,
    emailVerified: email !== undefined && isVouchedFor(kind, email, hostedDomain, claims),
    hostedDomain,
    tenant,
    organizations: [],
    teams: [],
    username: text('preferred_username'),
    name: text('name'),
    givenName: text('given_name'),
    familyName: text('family_name'),
    picture: text('picture'),
    locale: text('locale'),
    named: withoutProtocol(claims),
  })
}

function isVouchedFor(kind: ProviderKind, email: string, hostedDomain: string | undefined, claims: JsonObject): boolean {
  switch (kind) {
    // Entra lets a tenant's administrator write any address into an account, unless it says that the domain is proved.
    case 'microsoft':
      return [true, 1, '1', 'true'].includes(claims['xms_edov'] as string)
    // An address at another provider was verified once, but may have changed hands since.
    case 'google':
      return claims['email_verified'] === true && (hostedDomain !== undefined || GOOGLE_MAIL.includes(email.split('@')[1]!))
    default:
      return claims['email_verified'] === true
  }
}

/** What belongs to one id_token, and tells nothing about the person. */
const OF_ONE_TOKEN = ['aud', 'azp', 'exp', 'nbf', 'iat', 'nonce', 'at_hash', 'c_hash', 'rh', 'uti', 'sid', 'auth_time', 'jti']

const withoutProtocol = (claims: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.includes(name)))
