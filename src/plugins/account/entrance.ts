/**
 * Who may see and change a person's own account: the person logged in in this browser, and for what matters only after a recent login.
 * Owns the checks of each page and form (threat-model.md T6, T24); not what they show or change.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { isMac, mac } from '../../domain/protocol/mac.ts'
import { isFresh } from '../../domain/user/session.ts'
import type { AccountQuery } from '../../schemas/account.ts'
import { requireShape } from '../kernel/validation-error.ts'
import { showEntrance } from '../login/factor-pages.ts'
import { showLogin } from '../login/login-page.ts'
import type { BrowserSession } from '../login/session.ts'

/** `usual`: a live session. `matters`: one whose login is recent enough for what can't be undone, or gives access. */
export type Stakes = 'usual' | 'matters'

export interface Entrance {
  /** Who opens a page; `undefined` once the login page is shown instead. */
  open(request: FastifyRequest, reply: FastifyReply, path: string, stakes?: Stakes): Promise<BrowserSession | undefined>
  /**
   * Who posts a form; `undefined` once they are sent back to the page, which asks for a login.
   *
   * @param path of the page that has the form
   * @throws {OAuthError} if the form isn't ours, or belongs to another session
   */
  receive(
    request: FastifyRequest<{ Body: { token: string } }>,
    reply: FastifyReply,
    path: string,
    stakes?: Stakes,
  ): Promise<BrowserSession | undefined>
  /** What the forms of a session carry. */
  formToken(found: BrowserSession): string
  /** Back to a page, which says what has been done. */
  leadTo(reply: FastifyReply, path: string, notice?: string): FastifyReply
}

export function createEntrance(app: FastifyInstance): Entrance {
  const { base } = app.settings
  const keys = app.macKeys

  const mayPass = ({ session, factors }: BrowserSession, stakes: Stakes): boolean =>
    stakes === 'usual' || isFresh(session, app.now(), factors.isRequired)

  const leadTo: Entrance['leadTo'] = (reply, path, notice) =>
    reply.header('cache-control', 'no-store').redirect(`${base}${path}${notice === undefined ? '' : `?notice=${notice}`}`, 303)

  return {
    async open(request, reply, path, stakes = 'usual') {
      requireShape(request)
      const found = await app.sessions.find(request)
      if (found !== undefined && mayPass(found, stakes)) return found
      const { ui_locales } = request.query as AccountQuery
      const transaction: Transaction = {
        parameters: ui_locales === undefined ? {} : { ui_locales },
        account: { path, ...(found !== undefined && { again: true }) },
        startedAt: app.now(),
        browserHash: reply.bindBrowser(),
      }
      // One who is logged in, but not recently enough, logs in again; anybody else may lack no more than a second factor.
      await (found === undefined
        ? showEntrance(app, request, reply, { transaction }, undefined)
        : showLogin(app, reply, { transaction }, found.user.username))
      return undefined
    },
    async receive(request, reply, path, stakes = 'usual') {
      request.requireOwnForm()
      const found = await app.sessions.find(request)
      if (found === undefined || !mayPass(found, stakes)) {
        leadTo(reply, path)
        return undefined
      }
      if (!isMac(request.body.token, keys, 'account', found.session.idHash))
        throw new OAuthError('invalid_request', 'this form belongs to another session: open the page again', { page: { cause: 'expired' } })
      return found
    },
    formToken: ({ session }) => mac(keys[0], 'account', session.idHash),
    leadTo,
  }
}
