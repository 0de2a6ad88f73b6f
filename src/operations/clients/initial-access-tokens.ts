/** Initial access tokens (RFC 7591 section 1.2): who may register clients, and which ones. */
import { renderDuration } from '../../config/durations.ts'
import type { InitialAccessToken } from '../../domain/client/initial-access-token.ts'
import { ok } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { isWhole } from '../limits.ts'
import { conflict, invalid, invalidArgument, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { parsePolicy } from './registration-policy.ts'
import type { PolicyMembers } from './registration-policy.ts'

/** Longest life (in seconds) and most uses: leave the argument out for no bound. */
const MAX_TTL = 3650 * 86_400
const MAX_USES = 1_000_000

export interface NewInitialAccessToken extends PolicyMembers {
  readonly name: string
  /** Seconds from now. */
  readonly expires?: number | undefined
  /** How many clients may register with it. */
  readonly uses?: number | undefined
}

export async function listInitialAccessTokens({ storage }: OperationContext): Promise<Outcome<InitialAccessToken[]>> {
  return ok(await storage.initialAccessTokens.list())
}

/** @returns the record, and the token itself, of which only a hash is kept */
export async function createInitialAccessToken(
  context: OperationContext,
  { name, expires, uses, ...members }: NewInitialAccessToken,
): Promise<Outcome<{ record: InitialAccessToken; token: string }>> {
  if (!/^[\w.-]{1,64}$/.test(name)) return invalid('The name must have 1 to 64 letters, digits, dots, dashes or underscores.')
  if (expires !== undefined && !isWhole(expires, MAX_TTL))
    return invalidArgument('expires', `must be a duration such as 12h or 30d, of at most ${renderDuration(MAX_TTL)}`, expires)
  if (uses !== undefined && !isWhole(uses, MAX_USES)) return invalidArgument('uses', `must be a whole number from 1 to ${MAX_USES}`, uses)
  const policy = parsePolicy(members)
  if (!policy.ok) return policy
  const token = context.newSecret()
  const now = context.now()
  const record: InitialAccessToken = {
    name,
    tokenHash: sha256(token),
    policy: policy.value,
    usesLeft: uses,
    createdAt: now,
    expiresAt: expires === undefined ? undefined : now + expires * 1000,
  }
  const details = {
    token: name,
    policy: policy.value,
    ...(uses !== undefined && { uses }),
    ...(expires !== undefined && { expires: renderDuration(expires) }),
  }
  const event = operatorEvent(context, { name: 'registration_token.created', details })
  const inserted = await context.storage.initialAccessTokens.insert(record, event)
  return inserted ? ok({ record, token }) : conflict(`There is already a token ${name}.`)
}

/** No client can register with it from now on; those that did stay. */
export async function deleteInitialAccessToken(context: OperationContext, name: string): Promise<Outcome<void>> {
  const event = operatorEvent(context, { name: 'registration_token.deleted', details: { token: name } })
  const deleted = await context.storage.initialAccessTokens.delete(name, event)
  return deleted ? ok(undefined) : notFound(`There is no token ${name}.`)
}
