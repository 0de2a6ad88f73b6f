/** Personal access tokens: made for a user, listed, ended. */
import { renderDuration } from '../../config/durations.ts'
import { ok } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { MOST_PERSONAL_TOKENS, USUAL_PERSONAL_TOKEN_TTL, parsePersonalToken, personalScopes } from '../../domain/token/personal-token.ts'
import type { PersonalToken } from '../../domain/token/personal-token.ts'
import type { User } from '../../domain/user/user.ts'
import type { ListKey } from '../../storage/storage.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { pageOf, parseLimit } from '../limits.ts'
import { changedMeanwhile, conflict, invalid, invalidArgument, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { checkRankOf } from './roles.ts'
import { findUser } from './users.ts'

const LIMITS = { usual: 50, max: 1000 }

/** A token with the name of its user, and what it is for; without that if the resource is gone. */
export interface ListedToken {
  readonly token: PersonalToken
  readonly username: string
  readonly resource: Resource | undefined
}

export interface NewPersonalToken {
  readonly name: string
  readonly scopes: readonly string[]
  /** Seconds from now. */
  readonly expires?: number | undefined
}

/** @returns the record, and the token itself, of which only a hash is kept */
export async function createPersonalToken(
  context: OperationContext,
  user: User,
  resource: Resource,
  { name, scopes, expires }: NewPersonalToken,
): Promise<Outcome<{ listed: ListedToken; text: string }>> {
  const { storage, config } = context
  if (config.personalTokens === 'off') return conflict('PERSONAL_TOKENS is off: nothing accepts such tokens.')
  const { personalTokenMaxTtl: max } = config
  const now = context.now()
  const parsed = parsePersonalToken({ name, scopes, ttl: expires ?? Math.min(USUAL_PERSONAL_TOKEN_TTL, max) }, resource, max)
  if (!parsed.ok) {
    if (parsed.error === 'refused') return conflict(`${resource.identifier} refuses personal access tokens.`)
    if (parsed.error === 'name') return invalid('The name is empty.')
    if (parsed.error === 'scopes') return invalidArgument('scopes', `must be of ${personalScopes(resource).join(', ')}`, scopes.join(','))
    return invalidArgument('expires', `must be a duration such as 30d, of at most ${renderDuration(max)}`, expires)
  }
  const before = await storage.personalTokens.list({ userId: user.id, now, limit: MOST_PERSONAL_TOKENS })
  if (before.length >= MOST_PERSONAL_TOKENS) return conflict(`${user.username} has ${MOST_PERSONAL_TOKENS} tokens already: end some first.`)
  const text = context.newPersonalToken()
  const token: PersonalToken = {
    id: context.newId(),
    tokenHash: sha256(text),
    userId: user.id,
    name: parsed.value.name,
    resourceId: resource.id,
    scopes: parsed.value.scopes,
    createdAt: now,
    expiresAt: now + parsed.value.ttl * 1000,
  }
  const details = { user: user.username, token: token.name, resource: resource.identifier, scope: token.scopes.join(' ') }
  await storage.personalTokens.insert(token, operatorEvent(context, { name: 'personal_token.created', userId: user.id, details }))
  return ok({ listed: { token, username: user.username, resource }, text })
}

/** Live tokens: of one user the newest first, of all those first that may last longest. */
export async function listPersonalTokens(
  context: OperationContext,
  asked: { readonly user?: string | undefined; readonly limit?: number | undefined; readonly after?: ListKey | undefined } = {},
): Promise<Outcome<{ tokens: readonly ListedToken[]; more: boolean; next: ListKey | undefined }>> {
  const limit = parseLimit(asked.limit, LIMITS)
  if (!limit.ok) return limit
  const user = asked.user === undefined ? ok(undefined) : await findUser(context, asked.user)
  if (!user.ok) return user
  const found = await context.storage.personalTokens.list({
    userId: user.value?.id,
    now: context.now(),
    limit: limit.value + 1,
    after: asked.after,
  })
  const resources = new Map((await context.storage.resources.list()).map((resource) => [resource.id, resource]))
  const { items, ...rest } = pageOf(found, limit.value, ({ token: { id, createdAt, expiresAt } }) => ({
    at: user.value ? createdAt : expiresAt,
    id,
  }))
  return ok({ tokens: items.map((each) => ({ ...each, resource: resources.get(each.token.resourceId) })), ...rest })
}

/** Ends a token by its id; it is refused from the next request on. */
export async function revokePersonalToken(context: OperationContext, id: string): Promise<Outcome<Omit<ListedToken, 'resource'>>> {
  const held = await context.storage.personalTokens.findById(id, '', 0)
  if (held === undefined) return notFound(`There is no personal access token ${id}.`)
  const { token, user } = held
  const allowed = await checkRankOf(context, user.id)
  if (!allowed.ok) return allowed
  const details = { user: user.username, token: token.name }
  const event = operatorEvent(context, { name: 'personal_token.revoked', userId: user.id, details })
  return (await context.storage.personalTokens.revoke(id, user.id, event)) ? ok({ token, username: user.username }) : changedMeanwhile(id)
}

/** A token as programs read it: never its hash. */
export const personalTokenJson = ({ token, username, resource }: ListedToken) => ({
  id: token.id,
  name: token.name,
  user: username,
  sub: token.userId,
  resource: resource?.identifier ?? null,
  scopes: token.scopes,
  created_at: new Date(token.createdAt).toISOString(),
  expires_at: new Date(token.expiresAt).toISOString(),
  last_used_at: token.lastUsedAt === undefined ? null : new Date(token.lastUsedAt).toISOString(),
})
