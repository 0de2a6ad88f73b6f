/**
 * Somebody who left from the page of an invitation is back from the provider: the account is made, and the invitation used, in one unit.
 * The invitation replaces an admission rule. It logs nobody in.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isUsable } from '../../domain/link/link.ts'
import type { AttemptProgress } from '../../domain/provider/provider-attempt.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { Result } from '../../domain/protocol/result.ts'
import type { Arrival, ProviderFailure } from '../../providers/provider-client.ts'
import type { Audit } from '../kernel/audit.ts'
import type { InvitationPages } from '../links/invitation-page.ts'
import type { Accounts } from './accounts.ts'
import type { FollowGroups } from './provided-groups.ts'
import { noteRefusal, problemAt } from './refusals.ts'
import type { Refusal } from './refusals.ts'

interface Needs {
  readonly audit: Audit
  readonly accounts: Accounts
  readonly invitations: InvitationPages
  readonly followGroups: FollowGroups
}

/** What the provider said, and to which invitation that belongs. */
interface Back {
  readonly provider: Provider
  readonly progress: Pick<AttemptProgress, 'transaction'>
  /** The hash of its token. */
  readonly invitation: string
  readonly arrived: Result<Arrival, ProviderFailure>
}

export type ReceiveInvited = (request: FastifyRequest, reply: FastifyReply, back: Back) => Promise<unknown>

export function createInvitedArrival(
  app: FastifyInstance,
  { audit, accounts, followGroups, invitations: { pages, show } }: Needs,
): ReceiveInvited {
  async function turnAway(request: FastifyRequest, reply: FastifyReply, { provider, progress }: Back, refusal: Refusal) {
    await noteRefusal(audit, request, provider, refusal)
    const opened = await pages.current(request)
    if (opened === undefined) return pages.refuse(reply)
    const { status, ...shown } = problemAt(provider, refusal.problem)
    return show(reply, opened, shown, { status, uiLocales: progress.transaction.parameters.ui_locales })
  }

  return async (request, reply, back) => {
    const { provider, progress, invitation, arrived } = back
    const link = await app.storage.links.find(invitation)
    if (link === undefined || !isUsable(link, app.now())) return pages.refuse(reply)
    if (!arrived.ok) return turnAway(request, reply, back, { problem: arrived.error.kind, reason: arrived.error.reason })
    const made = await accounts.invite(request, provider, arrived.value, link)
    if (!made.ok) return made.error.problem === 'gone' ? pages.refuse(reply) : turnAway(request, reply, back, made.error)
    await followGroups(made.value, provider, arrived.value.claims)
    const { id, username } = made.value
    request.log.info({ user: id, username, provider: provider.name }, 'user added by an invitation')
    pages.close(reply)
    const { ui_locales: uiLocales } = progress.transaction.parameters
    return reply.page('link-done', { done: 'welcomed', username, home: `${app.settings.base}/` }, { uiLocales })
  }
}
