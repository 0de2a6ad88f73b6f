/**
 * GET and POST /forgot-password and /sign-up: somebody asks for a link by mail. Owns the one answer, which says nothing about accounts
 * (threat-model.md T14, T26); not who gets a mail (mailed-links.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { addressOf } from '../../domain/protocol/network.ts'
import { foldAddress } from '../../domain/user/mail-address.ts'
import { canonicalUsername } from '../../domain/user/username.ts'
import { ForgotForm, SignUpForm } from '../../schemas/links.ts'
import { PATHS } from '../../schemas/paths.ts'
import { attemptAt } from '../login/login-throttle.ts'
import type { Throttle } from '../login/login-throttle.ts'
import type { MailedLinks } from './mailed-links.ts'
import { inLanguage } from './link-page.ts'

type Page = 'forgot-password' | 'sign-up'

const forgotPassword: FastifyPluginAsyncTypebox<{ throttle: Throttle; mailedLinks: MailedLinks }> = async (
  app,
  { throttle, mailedLinks },
) => {
  const { base, signUp } = app.settings
  const pathOf = (page: Page) => base + (page === 'sign-up' ? PATHS.signUp : PATHS.forgotPassword)
  const show = (page: Page, request: FastifyRequest, reply: FastifyReply, typed: string, retryAfterMinutes?: number) => {
    const problem = retryAfterMinutes === undefined ? {} : ({ problem: 'limited', retryAfterMinutes } as const)
    const status = retryAfterMinutes === undefined ? 200 : 429
    return reply.page(page, { action: inLanguage(pathOf(page), request), typed, ...problem }, { status })
  }

  /** Names and addresses count whether anybody has them or not. */
  async function answer(page: Page, request: FastifyRequest, reply: FastifyReply, typed: string, own: string, send: () => void) {
    const { waitMs } = await throttle.count(attemptAt(`${page}:${own}`, 'mail-address', request.ip))
    if (waitMs > 0) {
      request.log.warn({ page, address: addressOf(request.ip) }, 'mail refused: too many requests')
      reply.header('retry-after', Math.ceil(waitMs / 1000))
      return show(page, request, reply, typed, Math.ceil(waitMs / 60_000))
    }
    send()
    return reply.page('link-done', { done: page === 'sign-up' ? 'invited' : 'sent', home: `${base}/` })
  }

  app.get(PATHS.forgotPassword, { config: { audience: 'page' } }, (request, reply) => show('forgot-password', request, reply, ''))

  app.post(
    PATHS.forgotPassword,
    { attachValidation: true, schema: { body: ForgotForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const { username } = request.body
      const send = () => mailedLinks.mailReset(reply, username)
      return answer('forgot-password', request, reply, username, canonicalUsername(username), send)
    },
  )

  if (signUp !== 'invited') return
  app.get(PATHS.signUp, { config: { audience: 'page' } }, (request, reply) => show('sign-up', request, reply, ''))

  app.post(PATHS.signUp, { attachValidation: true, schema: { body: SignUpForm }, config: { audience: 'page' } }, async (request, reply) => {
    request.requireOwnForm()
    const { email } = request.body
    return answer('sign-up', request, reply, email, foldAddress(email), () => mailedLinks.mailInvitation(reply, email))
  })
}
export default fp(forgotPassword, {
  name: 'forgot-password',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'pages', 'browser-binding'],
})
