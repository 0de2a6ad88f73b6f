/**
 * GET and POST /reset-password: somebody who forgot a password chooses a new one. Owns what ends with the old one; not the link
 * (link-page.ts). It logs nobody in: a second factor is asked for as ever.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { acceptNewPassword } from '../../crypto/password-strength.ts'
import { hashPassword, verifyPassword } from '../../crypto/password.ts'
import { isUsable, wasJustUsed } from '../../domain/link/link.ts'
import type { Link } from '../../domain/link/link.ts'
import type { User } from '../../domain/user/user.ts'
import { LinkQuery, ResetForm } from '../../schemas/links.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { createConcurrencyLimit } from '../kernel/load-shedding.ts'
import type { Throttle } from '../login/login-throttle.ts'
import type { ResetPasswordPage } from '../pages/link-models.ts'
import { createLinkPages, inLanguage } from './link-page.ts'

/** Forms in progress: passwords are hashed a few at a time. */
const AT_ONCE = 32

type Shown = Pick<ResetPasswordPage, 'problem' | 'retryAfterMinutes' | 'endGrants'>

const resetPassword: FastifyPluginAsyncTypebox<{ audit: Audit; throttle: Throttle }> = async (app, { audit, throttle }) => {
  const { base, issuer } = app.settings
  const { links, users } = app.storage
  const pages = createLinkPages(app, 'reset', throttle)

  app.get(
    PATHS.resetPassword,
    { attachValidation: true, schema: { querystring: LinkQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const opened = await pages.open(request, reply)
      if (opened === undefined) return reply
      const user = await users.find(opened.link.userId!)
      return user === undefined ? pages.refuse(reply) : reply.page('reset-password', modelOf(request, opened.token, user, {}))
    },
  )

  app.post(
    PATHS.resetPassword,
    {
      attachValidation: true,
      schema: { body: ResetForm },
      config: { audience: 'page', concurrencyLimit: createConcurrencyLimit(AT_ONCE) },
    },
    async (request, reply) => {
      request.requireOwnForm()
      const { token, password: raw, end_grants: box } = request.body
      const endGrants = box !== undefined
      const verdict = await pages.count(request, reply, token)
      const link = await pages.find(token)
      const user = link && (await users.find(link.userId!))
      if (link === undefined || user === undefined) return pages.refuse(reply)
      const again = (problem: Shown, status: number) =>
        reply.page('reset-password', modelOf(request, token, user, { endGrants, ...problem }), { status })
      if (verdict.problem !== undefined) return again(verdict.problem, 429)
      if (!isUsable(link, app.now())) return (await setThis(link, user, raw)) ? done() : pages.refuse(reply)
      const password = await acceptNewPassword(raw, user.username, issuer)
      if (!password.ok) return again({ problem: password.error }, 400)

      const { id, username } = user
      const details = { user: username, by_link: true, grants_ended: endGrants }
      const event = audit.event(request, { name: 'user.password_changed', actor: `user ${username}`, userId: id, details })
      const change = { passwordHash: await hashPassword(password.value), endGrants }
      if (!(await links.redeemReset(link.tokenHash, change, app.now(), event))) return pages.refuse(reply)
      request.log.info({ user: id, username }, 'password changed by a link')
      await throttle.forgive(verdict)
      return done()

      function done() {
        pages.close(reply)
        return reply.page('link-done', { done: 'reset', username: user!.username, home: `${base}/` })
      }
    },
  )

  /** A second click on the button is answered like the first one: the password is the one that this link has just set. */
  const setThis = async (link: Link, { passwordHash }: User, password: string): Promise<boolean> =>
    wasJustUsed(link, app.now()) && (await verifyPassword(password, passwordHash))

  const modelOf = (request: FastifyRequest, token: string, { username }: User, shown: Shown): ResetPasswordPage => ({
    action: inLanguage(base + PATHS.resetPassword, request),
    token,
    username,
    ...shown,
  })
}
export default fp(resetPassword, {
  name: 'reset-password',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'pages', 'browser-binding'],
})
