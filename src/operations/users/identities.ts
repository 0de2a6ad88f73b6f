/** The accounts at identity providers that belong to a user. */
import { ok } from '../../domain/protocol/result.ts'
import type { User } from '../../domain/user/user.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { checkRank } from './roles.ts'

/** Takes the accounts at a provider from a user, and ends the sessions and grants that came of them; how many there were. */
export async function unlinkUser(context: OperationContext, user: User, provider: string): Promise<Outcome<number>> {
  const allowed = checkRank(context, user)
  if (!allowed.ok) return allowed
  const { id, username } = user
  const { storage, now } = context
  const found = await storage.providers.findByName(provider.toLowerCase())
  const linked = (await storage.identities.listOf(id)).filter(({ providerId }) => providerId === found?.id)
  let unlinked = 0
  for (const identity of linked) {
    const { issuer, subject } = identity
    const details = { user: username, provider, issuer, subject }
    const event = operatorEvent(context, { name: 'identity.unlinked', userId: id, details })
    if ((await storage.identities.unlink(identity, now(), event)) === 'deleted') unlinked++
  }
  return unlinked === 0 ? notFound(`${username} has no account at a provider ${provider}.`) : ok(unlinked)
}
