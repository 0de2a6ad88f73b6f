/** A user as programs read it: without the password's hash, and by the names of UserInfo (OpenID Connect Core section 5.1) where it has one. */
import { USER_SCOPES, userClaims } from '../../domain/user/user-claims.ts'
import { roleOf } from '../../domain/user/role.ts'
import type { User } from '../../domain/user/user.ts'
import { isAdministrator } from './users.ts'

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
