/**
 * GET and POST /account/password: somebody chooses a new password. This session goes on, all others end. Owns the form; not which passwords are
 * good enough (crypto/password-strength.ts). That of the administrator is a setting (ADMIN_PASSWORD); whom a provider let in gets none.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { acceptNewPassword } from '../../crypto/password-strength.ts'
import { hashPassword } from '../../crypto/password.ts'
import { isManaged } from '../../domain/provider/account.ts'
import type { PasswordProblem } from '../../domain/user/new-password.ts'
import type { User } from '../../domain/user/user.ts'
import { AccountQuery, PasswordForm } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { createKnownBrowsers } from '../login/known-browsers.ts'
import type { BrowserSession } from '../login/session.ts'
import type { Entrance } from './entrance.ts'

const password: FastifyPluginAsyncTypebox<{ audit: Audit; entrance: Entrance }> = async (app, { audit, entrance }) => {
  const { base, issuer } = app.settings
  const { identities, users } = app.storage
  const knownBrowsers = createKnownBrowsers(app)

  app.get(
    PATHS.accountPassword,
    { attachValidation: true, schema: { querystring: AccountQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.open(request, reply, PATHS.accountPassword, 'matters')
      const user = found && (await users.find(found.user.id))
      return found === undefined || user === undefined ? reply : show(reply, found, user)
    },
  )

  app.post(
    PATHS.accountPassword,
    { attachValidation: true, schema: { body: PasswordForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.accountPassword, 'matters')
      const user = found && (await users.find(found.user.id))
      if (found === undefined || user === undefined) return reply
      if ((await fixedBy(user)) !== undefined) return show(reply, found, user)
      const { id, username } = user
      const accepted = await acceptNewPassword(request.body.password, username, issuer)
      if (!accepted.ok) return show(reply, found, user, accepted.error)
      const passwordHash = await hashPassword(accepted.value)
      const endGrants = request.body.apps !== undefined
      const details = { user: username, grants_ended: endGrants }
      const event = audit.event(request, { name: 'user.password_changed', actor: `user ${username}`, userId: id, details })
      await users.changePassword(id, { passwordHash, endGrants, keptSession: found.session.idHash }, app.now(), event)
      // What was known under the old password is void (domain/user/known-browser.ts).
      knownBrowsers.remember(request, reply, { ...user, passwordHash })
      request.log.info({ user: id, username }, 'user password changed')
      return entrance.leadTo(reply, PATHS.account, 'password')
    },
  )

  /** Why somebody chooses no password. */
  async function fixedBy(user: User): Promise<'settings' | 'provider' | undefined> {
    if (user.origin === 'environment') return 'settings'
    return isManaged(user, await identities.listOf(user.id)) ? 'provider' : undefined
  }

  async function show(reply: FastifyReply, found: BrowserSession, user: User, problem?: PasswordProblem): Promise<void> {
    const { username } = user
    const fixed = await fixedBy(user)
    const about = { username, ...(fixed !== undefined && { fixed }) }
    const model = { action: base + PATHS.accountPassword, token: entrance.formToken(found), ...about }
    return reply.page('my-password', { ...model, ...(problem !== undefined && { problem }) }, { status: problem === undefined ? 200 : 400 })
  }
}

export default fp(password, {
  name: 'account-password',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session'],
})
