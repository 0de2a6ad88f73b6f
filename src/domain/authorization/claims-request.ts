/** The parameter `claims` (OpenID Connect Core section 5.5): claims by name, for the id_token and for UserInfo. */
import type { WantedAcr } from './authentication.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { isJsonObject, parseJsonObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { USER_CLAIM_NAMES, scopeOfClaim } from '../user/user-claims.ts'
import type { WantedClaims } from '../user/user-claims.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** The claims about the user that a request asks for by name; stored with the grant. */
export interface RequestedClaims {
  readonly idToken: WantedClaims
  readonly userinfo: WantedClaims
}

export interface ClaimsRequest {
  readonly claims?: RequestedClaims | undefined
  /** Only these users may get a token: "MUST NOT reply with an ID Token or Access Token for a different user" (section 3.1.2.2). */
  readonly subjects?: readonly unknown[] | undefined
  /** How the user should have logged in (section 5.5.1.1). */
  readonly acr?: WantedAcr | undefined
}

/** Ignores unknown claims and members, as section 5.5 requires. */
export function parseClaimsRequest(raw: string | undefined): Result<ClaimsRequest, OAuthError> {
  if (raw === undefined) return ok({})
  const parsed = parseJsonObject(raw)
  const idToken = parsed?.['id_token'] ?? {}
  const userinfo = parsed?.['userinfo'] ?? {}
  if (parsed === undefined || !isJsonObject(idToken) || !isJsonObject(userinfo)) {
    return refuse('invalid_request', 'claims must be a JSON object, and so must id_token and userinfo in it')
  }
  const subjects = [valuesOf(idToken['sub']), valuesOf(userinfo['sub'])].filter((values) => values !== null)
  const acr = valuesOf(idToken['acr'])
  return ok({
    claims: { idToken: userClaimsOf(idToken), userinfo: userClaimsOf(userinfo) },
    subjects: subjects.length === 0 ? undefined : subjects.reduce((some, others) => some.filter((subject) => others.includes(subject))),
    acr: acr === null ? undefined : { values: acr, essential: (idToken['acr'] as JsonObject)['essential'] === true },
  })
}

/** The claims whose scope is `allowed`; `undefined` if none is left. */
export function restrictClaims(claims: RequestedClaims | undefined, allowed: (scope: string) => boolean): RequestedClaims | undefined {
  if (claims === undefined) return undefined
  const restrict = (wanted: WantedClaims): WantedClaims =>
    Object.fromEntries(Object.entries(wanted).filter(([name]) => allowed(scopeOfClaim(name)!)))
  const left = { idToken: restrict(claims.idToken), userinfo: restrict(claims.userinfo) }
  return claimScopes(left).length === 0 ? undefined : left
}

/** The scopes that the claims belong to: the user consents to these. */
export function claimScopes(claims: RequestedClaims | undefined): string[] {
  return [...new Set(Object.keys({ ...claims?.idToken, ...claims?.userinfo }).map((name) => scopeOfClaim(name)!))]
}

function userClaimsOf(members: JsonObject): WantedClaims {
  const names = USER_CLAIM_NAMES.filter((name) => Object.hasOwn(members, name))
  return Object.fromEntries(names.map((name) => [name, valuesOf(members[name])]))
}

/** The values that a claim may have (section 5.5.1); `null` for any value. */
function valuesOf(asked: unknown): readonly unknown[] | null {
  if (!isJsonObject(asked)) return null
  if (Array.isArray(asked['values'])) return asked['values'] as unknown[]
  return asked['value'] === undefined ? null : [asked['value']]
}
