/** The bounds of an initial access token: what clients may register with it. */
import { AUTH_METHODS, GRANT_TYPES } from '../../domain/client/client-metadata.ts'
import { REDIRECT_KINDS } from '../../domain/client/registration-policy.ts'
import type { RegistrationPolicy } from '../../domain/client/registration-policy.ts'
import { ok } from '../../domain/protocol/result.ts'
import { parseScope } from '../../domain/protocol/scope.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** A list that is left out bounds nothing. */
export type PolicyMembers = { readonly [name in keyof RegistrationPolicy]?: readonly string[] | undefined }

export function parsePolicy(raw: PolicyMembers): Outcome<RegistrationPolicy> {
  const redirectHosts = parseList(
    raw,
    'redirectHosts',
    parseHost,
    'hosts such as app.example.com or app.example.com:8443, without wildcards',
  )
  if (!redirectHosts.ok) return redirectHosts
  const redirectKinds = parseList(raw, 'redirectKinds', oneOf(REDIRECT_KINDS), `any of ${REDIRECT_KINDS.join(', ')}`)
  if (!redirectKinds.ok) return redirectKinds
  // An empty list would be stored with the client, where it means every scope.
  if (raw.scopes?.length === 0) return invalidArgument('scopes', 'is empty: leave it out')
  const scopes = parseList(raw, 'scopes', (scope) => (parseScope(scope)[0] === scope ? scope : undefined), 'scopes without spaces')
  if (!scopes.ok) return scopes
  const authMethods = parseList(raw, 'authMethods', oneOf(AUTH_METHODS), `any of ${AUTH_METHODS.join(', ')}`)
  if (!authMethods.ok) return authMethods
  const grantTypes = parseList(raw, 'grantTypes', oneOf(GRANT_TYPES), `any of ${GRANT_TYPES.join(', ')}`)
  if (!grantTypes.ok) return grantTypes
  return ok({
    redirectHosts: redirectHosts.value,
    redirectKinds: redirectKinds.value,
    scopes: scopes.value,
    authMethods: authMethods.value,
    grantTypes: grantTypes.value,
  })
}

function parseList<T extends string>(
  raw: PolicyMembers,
  name: keyof PolicyMembers,
  parse: (item: string) => T | undefined,
  accepts: string,
): Outcome<T[] | undefined> {
  const parsed: T[] = []
  for (const item of raw[name] ?? []) {
    const value = parse(item)
    if (value === undefined) return invalidArgument(name, `must be ${accepts}; "${plainText(item, 100)}" is not one`)
    parsed.push(value)
  }
  return ok(raw[name] === undefined ? undefined : parsed)
}

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (raw: string): T | undefined =>
    words.find((word) => word === raw)

/** The host as `URL.host` spells it, which redirect URIs are compared with: exactly, so nobody could ever use a pattern. */
function parseHost(raw: string): string | undefined {
  const url = URL.canParse(`https://${raw}`) ? new URL(`https://${raw}`) : undefined
  if (url === undefined || url.href !== `https://${url.host}/` || /[/?#@\\]/.test(raw)) return undefined
  return url.host.includes('*') ? undefined : url.host
}
