/**
 * What the pages behind one-use links do alike. A link's address leads to the page by way of a cookie, so that its token is in no
 * history, no `Referer` and no second line of a proxy's log; and looking at the page uses nothing up, because programs that check mails
 * follow every link in them (threat-model.md T26).
 */
import type {} from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LINK_PATHS } from '../../domain/link/link-address.ts'
import { isUsable } from '../../domain/link/link.ts'
import type { Link, LinkKind } from '../../domain/link/link.ts'
import { addressOf } from '../../domain/protocol/network.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { requireShape } from '../kernel/validation-error.ts'
import { cookieName, cookieOptions } from '../login/browser-binding.ts'
import { attemptAt } from '../login/login-throttle.ts'
import type { Throttle, Verdict } from '../login/login-throttle.ts'
import { sendsMails } from '../../mail/link-mails.ts'
import { PATHS } from '../../schemas/paths.ts'

type LinkRequest = FastifyRequest<{ Querystring: { token?: string } }>

/** A link that can be used, and its token for the form. */
export interface OpenedLink {
  readonly token: string
  readonly link: Link
}

export interface LinkPages {
  /**
   * The link of a page that is looked at. Without one, the browser has been answered.
   *
   * @throws {OAuthError} if the address is malformed
   */
  open(request: LinkRequest, reply: FastifyReply): Promise<OpenedLink | undefined>
  /** The link that this browser opened, if it can be used. */
  current(request: FastifyRequest): Promise<OpenedLink | undefined>
  /** The link that a form came with, in any state. */
  find(token: string): Promise<Link | undefined>
  /** Counts what a form asks for, whether its link can be used or not. */
  count(request: FastifyRequest, reply: FastifyReply, token: string): Promise<Verdict & { readonly problem?: LimitedProblem }>
  /** Forgets the cookie, once the link is used. */
  close(reply: FastifyReply): void
  /** Says that the link can't be used, and what to do. */
  refuse(reply: FastifyReply): Promise<void>
}

/** For a form that comes back because of too many tries. */
export interface LimitedProblem {
  readonly problem: 'limited'
  readonly retryAfterMinutes: number
}

/** How long the page may be looked at again, in seconds. */
const COOKIE_TTL = 3600

/** A page's own address, in the language that its visitor came with (`ui_locales`). */
export function inLanguage(path: string, { query }: Pick<FastifyRequest, 'query'>): string {
  const { ui_locales: asked } = query as { ui_locales?: unknown }
  return typeof asked === 'string' ? `${path}?${new URLSearchParams({ ui_locales: asked }).toString()}` : path
}

export function createLinkPages(app: FastifyInstance, kind: LinkKind, throttle: Throttle): LinkPages {
  const { base, secure } = app.settings
  const { links } = app.storage
  const name = cookieName(`solar-link-${kind}`, secure)
  const path = base + LINK_PATHS[kind]

  const pages: LinkPages = {
    async open(request, reply) {
      requireShape(request)
      const { token } = request.query
      if (token !== undefined) {
        reply.setCookie(name, token, { ...cookieOptions(secure), maxAge: COOKIE_TTL })
        const target = inLanguage(path, request)
        await reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer').redirect(target, 303)
        return undefined
      }
      const opened = await pages.current(request)
      if (opened === undefined) await pages.refuse(reply)
      return opened
    },
    async current(request) {
      const kept = request.cookies[name] ?? ''
      const link = await pages.find(kept)
      return link !== undefined && isUsable(link, app.now()) ? { token: kept, link } : undefined
    },
    async find(token) {
      const link = await links.find(sha256(token))
      return link?.kind === kind ? link : undefined
    },
    async count(request, reply, token) {
      const verdict = await throttle.count(attemptAt(`link:${sha256(token)}`, 'link-address', request.ip))
      if (verdict.waitMs === 0) return verdict
      request.log.warn({ kind, address: addressOf(request.ip) }, 'link refused: too many attempts')
      reply.header('retry-after', Math.ceil(verdict.waitMs / 1000))
      return { ...verdict, problem: { problem: 'limited', retryAfterMinutes: Math.ceil(verdict.waitMs / 60_000) } }
    },
    close(reply) {
      reply.clearCookie(name, cookieOptions(secure))
    },
    refuse(reply) {
      const forgot = kind === 'reset' && sendsMails(app.settings) ? { forgot: inLanguage(base + PATHS.forgotPassword, reply.request) } : {}
      return reply.page('link-gone', { kind, home: `${base}/`, ...forgot }, { status: 410 })
    },
  }
  return pages
}
