/**
 * Connects an account at a provider to a person who is logged in and asked for it on their own page (threat-model.md T20, T24). Owns that
 * nobody else gains by it; not the way there and back (provider-login.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { newId } from '../../crypto/random.ts'
import type { Vault } from '../../crypto/vault.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { User } from '../../domain/user/user.ts'
import type { Arrival } from '../../providers/provider-client.ts'
import type { Audit } from '../kernel/audit.ts'
import { createFailureCounts } from '../login/failure-counts.ts'
import type { SignedIn, Turned } from './accounts.ts'

export type LinkAccount = (request: FastifyRequest, provider: Provider, arrival: Arrival, user: User) => Promise<Result<SignedIn, Turned>>

export function createLinking(app: FastifyInstance, { audit, vault }: { readonly audit: Audit; readonly vault: Vault }): LinkAccount {
  const { identities } = app.storage
  const failureCounts = createFailureCounts(app)

  return async (request, provider, { claims, refreshToken }, user) => {
    const { issuer, subject } = claims
    const account = { providerId: provider.id, issuer, subject }
    const now = app.now()
    const said = { claims, encryptedRefreshToken: refreshToken && vault.encrypt(refreshToken) }
    const times = { linkedAt: now, lastLoginAt: now, lastUsedAt: now, lastCheckedAt: now }
    const identity = { id: newId(), userId: user.id, ...account, managed: false, ...said, ...times }
    const details = { user: user.username, provider: provider.name, issuer, subject, rule: 'the user' }
    const event = audit.event(request, { name: 'identity.linked', actor: `user ${user.username}`, userId: user.id, details })
    if (await identities.link(identity, event)) {
      await failureCounts.noteChange(user)
      request.log.info({ user: user.id, username: user.username, provider: provider.name }, 'account at a provider connected')
      return ok({ user, identityId: identity.id, canBeAskedAgain: refreshToken !== undefined })
    }
    // It is somebody's: their own, or another person's, from whom nothing is taken.
    const known = await identities.find(account)
    if (known?.userId !== user.id) return err({ problem: 'taken', reason: 'the account belongs to another user' })
    await identities.logIn({ ...said, id: known.id }, undefined, now)
    return ok({ user, identityId: known.id, canBeAskedAgain: (refreshToken ?? known.encryptedRefreshToken) !== undefined })
  }
}
