/**
 * GET and POST /account/deletion: somebody deletes their own account, with everything that clients were allowed. Owns the confirmation;
 * not what goes along (storage). The administrator stays: the next start would create it again.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { canonicalUsername } from '../../domain/user/username.ts'
import { AccountQuery, DeletionForm } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import type { BrowserSession } from '../login/session.ts'
import type { Entrance } from './entrance.ts'

const deletion: FastifyPluginAsyncTypebox<{ audit: Audit; entrance: Entrance }> = async (app, { audit, entrance }) => {
  const { base, accountDeletion } = app.settings
  const { users } = app.storage
  if (accountDeletion === 'off') return

  app.get(
    PATHS.accountDeletion,
    { attachValidation: true, schema: { querystring: AccountQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.open(request, reply, PATHS.accountDeletion, 'matters')
      return found === undefined ? reply : show(reply, found)
    },
  )

  app.post(
    PATHS.accountDeletion,
    { attachValidation: true, schema: { body: DeletionForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.accountDeletion, 'matters')
      if (found === undefined) return reply
      const { id, username } = found.user
      if (await isFixed(found)) return show(reply, found)
      if (canonicalUsername(request.body.username) !== username) return show(reply, found, 'name')
      const about = { actor: `user ${username}`, userId: id, details: { user: username } }
      await users.delete(id, app.now(), audit.event(request, { name: 'user.deleted', ...about }))
      await app.sessions.end(request, reply)
      request.log.info({ user: id, username }, 'user deleted')
      return reply.page('account-deleted', { username })
    },
  )

  async function show(reply: FastifyReply, found: BrowserSession, problem?: 'name'): Promise<void> {
    const { username } = found.user
    const model = { action: base + PATHS.accountDeletion, token: entrance.formToken(found), username, fixed: await isFixed(found) }
    await reply.page('my-deletion', { ...model, ...(problem !== undefined && { problem }) }, { status: problem === undefined ? 200 : 400 })
  }

  const isFixed = async ({ user }: BrowserSession): Promise<boolean> => (await users.findAdministrator())?.id === user.id
}

export default fp(deletion, {
  name: 'account-deletion',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session'],
})
