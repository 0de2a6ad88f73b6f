/** A user as programs read it: without the password's hash, and by the names of UserInfo (OpenID Connect Core section 5.1) where it has one. */
import { USER_SCOPES, userClaims } from '../../domain/user/user-claims.ts'
import { roleOf } from '../../domain/user/role.ts'
import type { FactorsOf } from '../../domain/user/factors.ts'
import type { User } from '../../domain/user/user.ts'
import { isAdministrator } from './users.ts'
import type { ShownUser } from './users.ts'

export function userJson(user: User) {
  const { preferred_username: _, ...claims } = userClaims(user, USER_SCOPES)
  return {
    sub: user.id,
    username: user.username,
    ...claims,
    name: user.profile.name,
    administrator: isAdministrator(user),
    role: roleOf(user),
    disabled: user.disabledAt !== undefined,
    ...(user.barredBy !== undefined && { disabled_by: 'provider' }),
    created_at: new Date(user.createdAt).toISOString(),
    updated_at: new Date(user.updatedAt).toISOString(),
  }
}

const instant = (at: number): string => new Date(at).toISOString()

/** What a user logs in with: no key, no secret. */
export function waysInJson({ user, factors, identities }: Pick<ShownUser, 'user' | 'factors' | 'identities'>) {
  return {
    has_password: user.passwordHash !== undefined,
    passkeys: factors.passkeys.map(passkeyJson),
    ...(factors.codes !== undefined && { one_time_codes_since: instant(factors.codes.createdAt) }),
    recovery_codes_left: factors.recoveryCodes,
    identities: identities.map(identityJson),
  }
}

const passkeyJson = ({ name, createdAt, lastUsedAt, backedUp }: FactorsOf['passkeys'][number]) => ({
  name,
  created_at: instant(createdAt),
  ...(lastUsedAt !== undefined && { last_used_at: instant(lastUsedAt) }),
  backed_up: backedUp,
})

const identityJson = ({ provider, subject, claims, linkedAt, lastLoginAt, managed, failedAt }: ShownUser['identities'][number]) => ({
  provider,
  account: claims.email ?? claims.username ?? subject,
  linked_at: instant(linkedAt),
  last_login_at: instant(lastLoginAt),
  managed,
  ...(failedAt !== undefined && { failed_at: instant(failedAt) }),
})
