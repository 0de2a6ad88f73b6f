/**
 * POST /invitation/NAME: from the page of an invitation to an identity provider, to make the account by logging in there. Owns the way
 * there; not the attempt (attempts.ts), nor what comes of it (invited-arrival.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { isUsable } from '../../domain/link/link.ts'
import { InvitationProviderForm } from '../../schemas/links.ts'
import { PATHS } from '../../schemas/paths.ts'
import { ProviderParameters } from '../../schemas/provider.ts'
import type { Audit } from '../kernel/audit.ts'
import type { InvitationPages } from '../links/invitation-page.ts'
import type { Attempts } from './attempts.ts'
import { findEnabled } from './find-enabled.ts'
import { noteRefusal, problemAt } from './refusals.ts'

interface Needs {
  readonly audit: Audit
  readonly attempts: Attempts
  readonly invitations: InvitationPages
}

const invitedLogin: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, attempts, invitations: { pages, show } }) => {
  app.post(
    PATHS.invitationProvider,
    { attachValidation: true, schema: { params: ProviderParameters, body: InvitationProviderForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const { token } = request.body
      const provider = await findEnabled(app, request.params.provider)
      const { problem } = await pages.count(request, reply, token)
      const link = await pages.find(token)
      if (link === undefined || !isUsable(link, app.now())) return pages.refuse(reply)
      if (problem !== undefined) return show(reply, { token, link }, problem, { status: 429 })
      const { ui_locales: asked } = request.query as { ui_locales?: unknown }
      const transaction: Transaction = {
        parameters: typeof asked === 'string' ? { ui_locales: asked } : {},
        startedAt: app.now(),
        browserHash: reply.bindBrowser(),
      }
      const departure = await attempts.begin(request, reply, provider, transaction, { invitation: link.tokenHash })
      if (departure.ok) return reply.header('cache-control', 'no-store').redirect(departure.value.href, 303)
      const { kind, reason } = departure.error
      await noteRefusal(audit, request, provider, { problem: kind, reason })
      const { status, ...shown } = problemAt(provider, kind)
      return show(reply, { token, link }, shown, { status })
    },
  )
}

export default fp(invitedLogin, {
  name: 'invited-login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'pages', 'browser-binding', 'enabled-providers'],
})
