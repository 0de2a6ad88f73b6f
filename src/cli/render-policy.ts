/** What a registration policy allows, by the names of its options. */
import type { RegistrationPolicy } from '../domain/client/registration-policy.ts'

export function renderPolicy({ redirectHosts, redirectKinds, scopes, authMethods, grantTypes }: RegistrationPolicy) {
  return { redirect_hosts: redirectHosts, redirect_kinds: redirectKinds, scopes, auth_methods: authMethods, grant_types: grantTypes }
}
