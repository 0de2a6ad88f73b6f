/** GET and POST /confirm-address: somebody confirms that an address is theirs. A click on the button does, looking at the page doesn't. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { isUsable, wasJustUsed } from '../../domain/link/link.ts'
import { LinkQuery, ConfirmForm } from '../../schemas/links.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import type { Throttle } from '../login/login-throttle.ts'
import { createLinkPages, inLanguage } from './link-page.ts'

const confirmAddress: FastifyPluginAsyncTypebox<{ audit: Audit; throttle: Throttle }> = async (app, { audit, throttle }) => {
  const { base } = app.settings
  const { links, users } = app.storage
  const pages = createLinkPages(app, 'address', throttle)

  app.get(
    PATHS.confirmAddress,
    { attachValidation: true, schema: { querystring: LinkQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const opened = await pages.open(request, reply)
      if (opened === undefined) return reply
      const { token, link } = opened
      const user = await users.find(link.userId!)
      const action = inLanguage(base + PATHS.confirmAddress, request)
      return user === undefined
        ? pages.refuse(reply)
        : reply.page('confirm-address', { action, token, username: user.username, email: link.address! })
    },
  )

  app.post(
    PATHS.confirmAddress,
    { attachValidation: true, schema: { body: ConfirmForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const link = await pages.find(request.body.token)
      const user = link && (await users.find(link.userId!))
      if (link === undefined || user === undefined) return pages.refuse(reply)
      const { username } = user
      const details = { user: username, changed: ['email'], by_link: true }
      const event = audit.event(request, { name: 'user.updated', actor: `user ${username}`, userId: user.id, details })
      const now = app.now()
      const confirmed = isUsable(link, now) ? await links.confirmAddress(link.tokenHash, now, event) : wasJustUsed(link, now)
      if (!confirmed) return pages.refuse(reply)
      pages.close(reply)
      return reply.page('link-done', { done: 'confirmed', username, home: `${base}/` })
    },
  )
}
export default fp(confirmAddress, {
  name: 'confirm-address',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'pages', 'browser-binding'],
})
