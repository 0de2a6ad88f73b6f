/** A client as programs read it: by the wire names of its metadata, never with a secret's hash. */
import { renderClientMetadata } from '../../domain/client/client-information.ts'
import { managementRole } from '../../domain/management/management.ts'
import type { Client } from '../../domain/client/client.ts'
import type { RegistrationPolicy } from '../../domain/client/registration-policy.ts'

export function clientJson(client: Client) {
  return {
    client_id: client.id,
    ...renderClientMetadata(client.metadata),
    security_profile: client.metadata.securityProfile,
    origin: client.origin,
    policy: client.origin === 'registration' && client.policy !== undefined ? policyJson(client.policy) : undefined,
    shared: client.origin === 'registration' && client.shared === true,
    management: managementRole(client),
    has_secret: client.secretHash !== undefined,
    disabled: client.disabledAt !== undefined,
    approval: client.approval,
    created_at: new Date(client.createdAt).toISOString(),
    authorized_at: instant(client.authorizedAt),
    last_used_at: instant(client.lastUsedAt),
    disabled_at: instant(client.disabledAt),
    document_fetched_at: client.origin === 'document' ? instant(client.documentFetchedAt) : undefined,
  }
}

/** What a registration policy allows. */
export function policyJson({ redirectHosts, redirectKinds, scopes, authMethods, grantTypes }: RegistrationPolicy) {
  return { redirect_hosts: redirectHosts, redirect_kinds: redirectKinds, scopes, auth_methods: authMethods, grant_types: grantTypes }
}

const instant = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString())
