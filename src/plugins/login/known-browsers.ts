/** The cookie of a browser in which people logged in before. Owns the cookie; not what it means (domain/user/known-browser.ts). */
import type {} from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newId } from '../../crypto/random.ts'
import { KNOWN_FOR_MS, knownBrowser, rememberAccount } from '../../domain/user/known-browser.ts'
import type { User } from '../../domain/user/user.ts'
import { cookieName, cookieOptions } from './browser-binding.ts'

export interface KnownBrowsers {
  /** The id of the request's browser, if this user has logged in there before. */
  find(request: FastifyRequest, user: User): string | undefined
  /** After a login. */
  remember(request: FastifyRequest, reply: FastifyReply, user: User): void
}

export function createKnownBrowsers(app: FastifyInstance): KnownBrowsers {
  const { secure } = app.settings
  const name = cookieName('solar-known', secure)
  const cookieOf = (request: FastifyRequest) => request.cookies[name] ?? ''

  return {
    find: (request, user) => knownBrowser(cookieOf(request), user, app.macKeys, app.now()),
    remember(request, reply, user) {
      const cookie = rememberAccount(cookieOf(request), user, app.macKeys, app.now(), newId())
      reply.setCookie(name, cookie, { ...cookieOptions(secure), maxAge: KNOWN_FOR_MS / 1000 })
    },
  }
}
