/** What a person's own page says of clients, sessions and events, in its language. Owns no look-up of who they are. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { displayed } from '../../domain/client/client-display.ts'
import { documentHost } from '../../domain/client/client-document.ts'
import type { Client } from '../../domain/client/client.ts'
import { BUILT_IN_SCOPES, permissionAt, permittedScopes } from '../../domain/protocol/scope.ts'
import { describeScope } from '../../domain/resource/resource.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'
import type { PersonalToken } from '../../domain/token/personal-token.ts'
import type { Identity } from '../../domain/provider/identity.ts'
import { labelOf } from '../../domain/provider/provider-label.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { Session } from '../../domain/user/session.ts'
import type { ListedConsent, ListedGrant } from '../../storage/storage.ts'
import type { AccountApp, AccountEvent, AccountIdentity, AccountSession, AccountToken } from '../pages/account-models.ts'

/** In what words a page speaks. */
export interface Words {
  readonly language: string
  readonly registry: ResourceRegistry
}

export function momentIn(language: string): (at: number) => string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return (at) => `${format.format(at)} UTC`
}

/** A client that acts for the person. */
export function describeGrant({ grant, client, refreshedAt = grant.createdAt, refreshedFrom }: ListedGrant, words: Words): AccountApp {
  const moment = momentIn(words.language)
  return {
    id: grant.id,
    ...describeClient(client, words),
    ...describeAccess(grant, words),
    since: moment(grant.createdAt),
    lastUsed: moment(refreshedAt),
    ...(refreshedFrom !== undefined && { from: refreshedFrom }),
  }
}

/** A client that acts for nobody now, but needn't ask the next time. */
export function describeConsent({ consent, client, updatedAt }: ListedConsent, words: Words): AccountApp {
  const { scopes, ...rest } = consent
  // Each permission of a consent is followed by the hash of its words.
  const permissions = scopes.map((scope) => scope.split(' ').slice(0, 2).join(' '))
  return {
    id: client.id,
    ...describeClient(client, words),
    ...describeAccess({ ...rest, scopes: permissions }, words),
    since: momentIn(words.language)(updatedAt),
  }
}

function describeClient(
  client: Pick<Client, 'id' | 'metadata' | 'origin'>,
  { language }: Words,
): Pick<AccountApp, 'name' | 'host' | 'proof'> {
  const name = displayed(client, 'client_name', language)
  const host = documentHost(client)
  return { proof: client.origin, ...(name !== undefined && { name }), ...(host !== undefined && { host }) }
}

function describeAccess(
  { scopes, resources }: { readonly scopes: readonly string[]; readonly resources: readonly string[] },
  { language, registry }: Words,
): Pick<AccountApp, 'permissions' | 'resources'> {
  const permitted = permittedScopes(scopes)
  return {
    permissions: BUILT_IN_SCOPES.filter((name) => permitted.includes(name)).map((name) => ({ name })),
    resources: resources.map((identifier) => {
      const resource = registry.find(identifier)
      const theirs = (resource?.scopes ?? []).filter(({ name }) => scopes.includes(permissionAt(name, identifier)))
      return {
        identifier,
        name: resource?.name ?? identifier,
        permissions: theirs.map((scope) => ({ text: describeScope(scope, language) })),
      }
    }),
  }
}

export function describeToken({ name, id, scopes, resourceId, ...token }: PersonalToken, words: Words): AccountToken {
  const moment = momentIn(words.language)
  const resource = words.registry.resources.find((each) => each.id === resourceId)
  const built = BUILT_IN_SCOPES.filter((scope) => scopes.includes(scope)).map((scope) => ({ name: scope }))
  const theirs = (resource?.scopes ?? []).filter((scope) => scopes.includes(scope.name))
  return {
    id,
    name,
    resource: resource?.identifier ?? '',
    permissions: [...theirs.map((scope) => ({ text: describeScope(scope, words.language) })), ...built],
    since: moment(token.createdAt),
    until: moment(token.expiresAt),
    ...(token.lastUsedAt !== undefined && { lastUsed: moment(token.lastUsedAt) }),
  }
}

export function describeSession(session: Session, isThisOne: boolean, { language }: Words): AccountSession {
  const moment = momentIn(language)
  const { browser, network } = session
  return {
    id: session.idHash,
    isThisOne,
    since: moment(session.authTime),
    lastSeen: moment(session.lastSeenAt),
    ...(browser !== undefined && { browser }),
    ...(network !== undefined && { from: network }),
  }
}

/** An account at a provider, by which somebody logs in. */
export function describeIdentity(
  { id, providerId, claims, subject, linkedAt, lastLoginAt, failedAt }: Identity,
  providers: readonly Provider[],
  moment: (at: number) => string,
): AccountIdentity {
  // Identities go with their provider.
  const provider = providers.find((each) => each.id === providerId)!
  return {
    id,
    provider: labelOf(provider),
    account: claims.email ?? claims.username ?? subject,
    since: moment(linkedAt),
    lastUsed: moment(lastLoginAt),
    failed: failedAt !== undefined,
  }
}

export const describeEvent = ({ name, at, actor, address }: AuditEvent, client: string | undefined, { language }: Words): AccountEvent => ({
  name,
  at: momentIn(language)(at),
  byOperator: actor === 'operator',
  ...(client !== undefined && { client }),
  ...(address !== undefined && { from: address }),
})
