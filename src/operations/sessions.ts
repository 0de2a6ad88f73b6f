/** Sessions: the browsers in which users are logged in, and the end of one or of all that a user has. */
import { ok } from '../domain/protocol/result.ts'
import type { User } from '../domain/user/user.ts'
import type { ListKey, ListedSession } from '../storage/storage.ts'
import { liveAt, operatorEvent } from './context.ts'
import type { OperationContext } from './context.ts'
import { pageOf, parseLimit } from './limits.ts'
import { changedMeanwhile, conflict, notFound } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { findUser } from './users/users.ts'

export type { ListedSession }

const LIMITS = { usual: 50, max: 1000 }

export interface SessionPage {
  readonly sessions: readonly ListedSession[]
  /** Whether there are more than these. */
  readonly more: boolean
  /** Where the next page begins, if there are more. */
  readonly next: ListKey | undefined
}

/** Live sessions: of one user the newest first, of all those first that may last longest. */
export async function listSessions(
  context: OperationContext,
  asked: { readonly user?: string | undefined; readonly limit?: number | undefined; readonly after?: ListKey | undefined },
): Promise<Outcome<SessionPage>> {
  const limit = parseLimit(asked.limit, LIMITS)
  if (!limit.ok) return limit
  const user = asked.user === undefined ? ok(undefined) : await findUser(context, asked.user)
  if (!user.ok) return user
  const found = await context.storage.sessions.list({
    userId: user.value?.id,
    ...liveAt(context),
    limit: limit.value + 1,
    after: asked.after,
  })
  const { items: sessions, ...rest } = pageOf(found, limit.value, ({ session: { createdAt, expiresAt, idHash } }) => ({
    at: user.value ? createdAt : expiresAt,
    id: idHash,
  }))
  return ok({ sessions, ...rest })
}

/** Ends one session, with the OpenID grants that are bound to it. Returns the name of its user. */
export async function endSession(context: OperationContext, id: string): Promise<Outcome<string>> {
  const { now, idleSince } = liveAt(context)
  const found = await context.storage.sessions.findLive(id, now, idleSince)
  if (found === undefined) return notFound(`There is no live session ${id}.`)
  const { session, user } = found
  const event = operatorEvent(context, { name: 'session.ended', userId: user.id, details: { user: user.username, session: session.sid } })
  return (await context.storage.sessions.end(id, now, event)) ? ok(user.username) : changedMeanwhile(id)
}

/** Ends all sessions of a user, as `endSession` does. */
export async function endUserSessions(context: OperationContext, { id, username }: User): Promise<Outcome<void>> {
  const event = operatorEvent(context, { name: 'session.ended', userId: id, details: { user: username, sessions: 'all' } })
  return (await context.storage.sessions.endOf(id, context.now(), event)) ? ok(undefined) : conflict(`${username} has no session.`)
}

/** A session as programs read it. `sid` is the id that clients know. */
export function sessionJson({ session, username }: ListedSession) {
  return {
    id: session.idHash,
    sid: session.sid,
    user: username,
    sub: session.userId,
    browser: session.browser,
    network: session.network,
    logged_in_at: new Date(session.authTime).toISOString(),
    last_seen_at: new Date(session.lastSeenAt).toISOString(),
    expires_at: new Date(session.expiresAt).toISOString(),
  }
}
