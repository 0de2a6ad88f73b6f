/** The page of an invitation. Owns what it shows; not what its forms do (invitation.ts, provider/invited-login.ts). */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { labelOf } from '../../domain/provider/provider-label.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Throttle } from '../login/login-throttle.ts'
import { mayUsePassword } from '../login/methods/password.ts'
import type { InvitationPage } from '../pages/link-models.ts'
import { createLinkPages, inLanguage } from './link-page.ts'
import type { LinkPages, OpenedLink } from './link-page.ts'

/** What was typed, and what was wrong with it. */
export type ShownInvitation = Pick<InvitationPage, 'username' | 'typedEmail' | 'problem' | 'providerName' | 'retryAfterMinutes'>

export interface InvitationPages {
  readonly pages: LinkPages
  /** Whether a password would let the person in (PASSWORD_LOGIN). */
  readonly offersPassword: boolean
  show(reply: FastifyReply, opened: OpenedLink, shown?: ShownInvitation, options?: ShownIn): Promise<void>
}

interface ShownIn {
  readonly status?: number
  /** Where the address doesn't have it: back from a provider. */
  readonly uiLocales?: string | undefined
}

/** @param asksForEmail whether an address could be confirmed by mail */
export function createInvitationPages(app: FastifyInstance, throttle: Throttle, asksForEmail: boolean): InvitationPages {
  const { base, rpId } = app.settings
  const offersPasskey = rpId !== undefined
  const offersPassword = mayUsePassword({ origin: 'operator' }, app.settings)
  return {
    offersPassword,
    pages: createLinkPages(app, 'invitation', throttle),
    async show(reply, { token, link: { address } }, shown = {}, { uiLocales, ...options } = {}) {
      const request = uiLocales === undefined ? reply.request : { query: { ui_locales: uiLocales } }
      const providers = await app.enabledProviders()
      const model = {
        action: inLanguage(base + PATHS.invitation, request),
        token,
        ...(address !== undefined && { email: address }),
        asksForEmail: asksForEmail && address === undefined,
        offersPasskey,
        password: offersPassword,
        asksForName: offersPassword || offersPasskey,
        providers: providers.map((provider) => ({
          name: labelOf(provider),
          action: inLanguage(base + PATHS.invitationProvider.replace(':provider', provider.name), request),
        })),
        ...shown,
      }
      return reply.page('invitation', model, { ...options, uiLocales })
    },
  }
}
