/** GET and POST /logout: ends the browser's session after the person confirms. Not yet RP-initiated logout. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { OAuthError } from '../domain/errors.ts'
import { LogoutForm } from '../schemas/authorization.ts'
import { PATHS } from '../schemas/paths.ts'
import { shapeError } from './shared/shape.ts'

const logout: FastifyPluginAsyncTypebox = async (app) => {
  const tokenOf = (idHash: string) => createHmac('sha256', app.transactionKey).update(`logout\n${idHash}`).digest()

  app.get(PATHS.logout, async (request, reply) => {
    const found = await app.sessions.find(request)
    if (found === undefined) return reply.page('logged-out', {})
    const token = tokenOf(found.session.idHash).toString('base64url')
    return reply.page('logout', { action: app.settings.base + PATHS.logout, token, username: found.user.username })
  })

  app.post(PATHS.logout, { attachValidation: true, schema: { body: LogoutForm } }, async (request, reply) => {
    request.requireOwnPage()
    const malformed = shapeError(request)
    if (malformed !== undefined) throw malformed
    const found = await app.sessions.find(request)
    if (found !== undefined) {
      const expected = tokenOf(found.session.idHash)
      const given = Buffer.from(request.body.token, 'base64url')
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new OAuthError('invalid_request', 'this form belongs to another session: open the page again')
      }
      await app.sessions.end(request, reply)
      request.log.info({ user: found.user.id }, 'logged out')
    }
    return reply.page('logged-out', {})
  })
}
export default fp(logout, { name: 'logout', encapsulate: true, dependencies: ['session', 'browser', 'keys', 'errors'] })
