/** Grants: which clients act for which users, and the end of one. */
import { displayName } from '../domain/client/client-display.ts'
import { fitDetails } from '../domain/audit/audit-details.ts'
import { ok } from '../domain/protocol/result.ts'
import { formatScope } from '../domain/protocol/scope.ts'
import type { ListKey, ListedGrant } from '../storage/storage.ts'
import { findClient } from './clients/clients.ts'
import { operatorEvent } from './context.ts'
import type { OperationContext } from './context.ts'
import { pageOf, parseLimit } from './limits.ts'
import { changedMeanwhile, notFound } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { findUser } from './users/users.ts'

export type { ListedGrant }

const LIMITS = { usual: 50, max: 1000 }

export interface GrantPage {
  readonly grants: readonly ListedGrant[]
  /** Whether there are more than these. */
  readonly more: boolean
  /** Where the next page begins, if there are more. */
  readonly next: ListKey | undefined
}

export interface GrantSearch {
  readonly user?: string | undefined
  readonly client?: string | undefined
  readonly limit?: number | undefined
  readonly after?: ListKey | undefined
}

/** Live grants: of one user or client the newest first, of all those first that live longest. */
export async function listGrants(context: OperationContext, asked: GrantSearch): Promise<Outcome<GrantPage>> {
  const limit = parseLimit(asked.limit, LIMITS)
  if (!limit.ok) return limit
  const user = asked.user === undefined ? ok(undefined) : await findUser(context, asked.user)
  if (!user.ok) return user
  const client = asked.client === undefined ? ok(undefined) : await findClient(context, asked.client)
  if (!client.ok) return client
  const of = { userId: user.value?.id, clientId: client.value?.id }
  const found = await context.storage.grants.list({ ...of, now: context.now(), limit: limit.value + 1, after: asked.after })
  const isOfAll = of.userId === undefined && of.clientId === undefined
  const { items: grants, ...rest } = pageOf(found, limit.value, ({ grant: { id, createdAt, expiresAt } }) => ({
    at: isOfAll ? expiresAt : createdAt,
    id,
  }))
  return ok({ grants, ...rest })
}

/** Ends a grant with its refresh tokens and opaque access tokens; the client has to ask the user again. Returns what it was. */
export async function revokeGrant(context: OperationContext, id: string): Promise<Outcome<ListedGrant>> {
  const found = await context.storage.grants.find(id, context.now())
  if (found === undefined) return notFound(`There is no live grant ${id}.`)
  const { grant, username } = found
  const details = fitDetails({ grant: id, user: username, scope: formatScope(grant.scopes) })
  const event = operatorEvent(context, { name: 'grant.revoked', clientId: grant.clientId, userId: grant.userId, details })
  return (await context.storage.grants.disconnect(grant, context.now(), event)) ? ok(found) : changedMeanwhile(id)
}

/** A grant as programs read it. */
export function grantJson({ grant, username, client, refreshedAt = grant.createdAt, refreshedFrom }: ListedGrant) {
  return {
    id: grant.id,
    user: username,
    sub: grant.userId,
    client_id: grant.clientId,
    client_name: displayName(client, 'en'),
    scopes: grant.scopes,
    resources: grant.resources,
    created_at: new Date(grant.createdAt).toISOString(),
    last_used_at: new Date(refreshedAt).toISOString(),
    last_used_from: refreshedFrom,
    expires_at: new Date(grant.expiresAt).toISOString(),
  }
}
