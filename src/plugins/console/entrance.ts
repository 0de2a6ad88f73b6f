/**
 * Who may see and change what the console shows: people with a role who have just logged in with two factors, from an address that may. A
 * cookie of its own keeps the console open within the session, for two hours after its last use (threat-model.md T25). Owns the checks of
 * each page and form; not what they show (show.ts), nor what a role may do (operations/).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newSecret } from '../../crypto/random.ts'
import { isMultiFactor, missingFactor } from '../../domain/authorization/authentication.ts'
import type { AuditDetails, AuditEventName } from '../../domain/audit/audit-event.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { isMac, mac } from '../../domain/protocol/mac.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { roleOf } from '../../domain/user/role.ts'
import type { Role } from '../../domain/user/role.ts'
import { isFresh } from '../../domain/user/session.ts'
import type { OperationContext } from '../../operations/context.ts'
import type { ConsoleQuery } from '../../schemas/console.ts'
import type { LiveSession } from '../../storage/storage.ts'
import { createPlaceCheck } from '../kernel/http/management-place.ts'
import type { MakeOperatorContext } from './operator-context.ts'
import { pathOf } from '../kernel/route-table.ts'
import { validationError } from '../kernel/validation-error.ts'
import { cookieName, cookieOptions } from '../login/browser-binding.ts'
import { showEntrance, showMissing } from '../login/factor-pages.ts'
import { showLogin } from '../login/login-page.ts'
import type { BrowserSession } from '../login/session.ts'

/** Somebody who is in the console. */
export interface Visit {
  readonly username: string
  readonly role: Role
  /** What their forms carry. */
  readonly token: string
  /** With which they do what they do. */
  readonly context: OperationContext
}

export interface ConsoleEntrance {
  /** Who opens a page; `undefined` once the login page is shown instead. */
  open(request: FastifyRequest, reply: FastifyReply): Promise<Visit | undefined>
  /**
   * Who posts a form; `undefined` once they are sent to the page `back`, which asks for a login.
   *
   * @throws {OAuthError} if the form isn't ours, or was shown in another console
   */
  receive(request: FastifyRequest, reply: FastifyReply, back: string): Promise<Visit | undefined>
  /** Closes the console; the session goes on. */
  close(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

/** How long the console stays open unused, in ms. */
const IDLE_MS = 2 * 3_600_000

export function createConsoleEntrance(app: FastifyInstance, contextOf: MakeOperatorContext): ConsoleEntrance {
  const { base, secure, isOwnMachine, sessionIdleTtl } = app.settings
  const { sessions } = app.storage
  const name = cookieName('solar-console', secure)
  const options = { ...cookieOptions(secure), sameSite: 'strict' } as const

  const mayComeFromHere = createPlaceCheck(app)
  /** @throws {OAuthError} as if nothing were here, for requests from elsewhere (ADMIN_ADDRESSES) */
  function checkPlace(request: FastifyRequest): void {
    if (!mayComeFromHere(request)) throw new OAuthError('invalid_request', 'there is nothing at this address', { status: 404 })
  }

  const hashOf = (request: FastifyRequest): string | undefined => {
    const cookie = request.cookies[name]
    return cookie === undefined || cookie === '' ? undefined : sha256(cookie)
  }

  function visitOf(request: FastifyRequest, hash: string, { user: { username } }: Pick<LiveSession, 'user'>, role: Role): Visit {
    return { username, role, token: mac(app.macKeys[0], 'console', hash), context: contextOf(request, `user ${username}`, role) }
  }

  async function find(request: FastifyRequest): Promise<{ readonly visit: Visit; readonly hash: string } | undefined> {
    const hash = hashOf(request)
    if (hash === undefined) return undefined
    const now = app.now()
    const at = { now, idleSince: now - sessionIdleTtl * 1000, consoleIdleSince: now - IDLE_MS }
    const found = await sessions.findConsole(hash, at)
    const role = found && roleOf(found.standing)
    if (found === undefined || role === undefined) return undefined
    await sessions.touchConsole(hash, now)
    return { visit: visitOf(request, hash, found, role), hash }
  }

  const note = (request: FastifyRequest, { user: { id, username } }: BrowserSession, name: AuditEventName, details: AuditDetails) =>
    app.audit.note(request, { name, actor: `user ${username}`, userId: id, details: { user: username, ...details } })

  /** Opens the console within the session. */
  async function enter(request: FastifyRequest, reply: FastifyReply, found: BrowserSession, role: Role): Promise<Visit> {
    const id = newSecret()
    const hash = sha256(id)
    await sessions.saveConsole(found.session.idHash, hash, app.now())
    reply.setCookie(name, id, options)
    await note(request, found, 'console.opened', { role })
    request.log.info({ user: found.user.id, username: found.user.username, role }, 'console opened')
    return visitOf(request, hash, found, role)
  }

  /** The login page, or what a login lacks. */
  async function ask(request: FastifyRequest, reply: FastifyReply, found: BrowserSession | undefined): Promise<undefined> {
    const { ui_locales } = request.query as ConsoleQuery
    const fresh = found !== undefined && isFresh(found.session, app.now(), false)
    const transaction: Transaction = {
      parameters: ui_locales === undefined ? {} : { ui_locales },
      account: { path: pathOf(request.url).slice(base.length), ...(found !== undefined && { again: true }) },
      startedAt: app.now(),
      browserHash: reply.bindBrowser(),
    }
    if (found === undefined) await showEntrance(app, request, reply, { transaction }, undefined)
    else if (!fresh) await showLogin(app, reply, { transaction }, found.user.username)
    else {
      const missing = missingFactor(found.session.acr, { ...found.factors, isRequired: true })
      // Somebody who has just logged in may set up the first one, as on the account page.
      await showMissing(app, reply, { transaction }, found, missing === 'second-factor' ? missing : 'set-up')
    }
    return undefined
  }

  return {
    async open(request, reply) {
      checkPlace(request)
      const malformed = validationError(request)
      if (malformed !== undefined) throw malformed
      const open = await find(request)
      if (open !== undefined) return open.visit
      const found = await app.sessions.find(request)
      if (found === undefined) return ask(request, reply, undefined)
      if (found.role === undefined) {
        await note(request, found, 'console.refused', { denial: 'no role' })
        throw new OAuthError('access_denied', 'this account has no role: an owner of this server gives one', { status: 403 })
      }
      const isEnough = isFresh(found.session, app.now(), false) && (isOwnMachine || isMultiFactor(found.session))
      return isEnough ? enter(request, reply, found, found.role) : ask(request, reply, found)
    },
    async receive(request, reply, back) {
      checkPlace(request)
      request.requireOwnPage()
      const malformed = validationError(request)
      if (malformed !== undefined) throw malformed
      const open = await find(request)
      if (open === undefined) {
        reply.header('cache-control', 'no-store').redirect(base + back, 303)
        return undefined
      }
      if (!isMac((request.body as { token: string }).token, app.macKeys, 'console', open.hash))
        throw new OAuthError('invalid_request', 'this form belongs to another session: open the page again', {
          page: { cause: 'expired' },
        })
      return open.visit
    },
    async close(request, reply) {
      const hash = hashOf(request)
      if (hash !== undefined) await sessions.endConsole(hash)
      reply.clearCookie(name, options)
    },
  }
}
