/**
 * Binds a transaction to a browser by a cookie, and checks that a post comes from our own page (threat-model.md T5, T6). Decorates
 * `request.browserHash()`, `reply.bindBrowser()`, `request.openTransaction()`, `request.requireOwnPage()` and
 * `request.requireOwnForm()`. Owns no session (session.ts).
 */
import type {} from '@fastify/cookie'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { newSecret } from '../../crypto/random.ts'
import { openTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { requireShape } from '../kernel/validation-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The hash of this browser's cookie; `undefined` if it has none. */
    browserHash(): string | undefined
    /** @throws {OAuthError} unless the signed transaction is ours, of this browser, and has not expired */
    openTransaction(signed: string): Transaction
    /** @throws {OAuthError} unless the browser reports that one of our pages sent the post */
    requireOwnPage(): void
    /** @throws {OAuthError} the same, and if the form is not in shape */
    requireOwnForm(): void
  }
  interface FastifyReply {
    /** The hash of the browser's cookie. Sets the cookie if there is none. */
    bindBrowser(): string
  }
}

/** RFC 6265bis section 4.1.3.2: `__Host-` cookies come from this host alone, over TLS. */
export const cookieName = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name)

export const cookieOptions = (secure: boolean) => ({ path: '/', httpOnly: true, sameSite: 'lax', secure }) as const

const browserBinding: FastifyPluginAsync = async (app) => {
  const { secure, issuer } = app.settings
  const name = cookieName('solar-browser', secure)
  const { origin } = new URL(issuer)

  app.decorateRequest('browserHash', function (this: FastifyRequest) {
    const cookie = this.cookies[name]
    return cookie === undefined || cookie === '' ? undefined : sha256(cookie)
  })
  app.decorateReply('bindBrowser', function (this: FastifyReply) {
    const known = this.request.browserHash()
    if (known !== undefined) return known
    const cookie = newSecret()
    this.setCookie(name, cookie, cookieOptions(secure))
    return sha256(cookie)
  })
  app.decorateRequest('openTransaction', function (this: FastifyRequest, signed: string) {
    const transaction = openTransaction(signed, app.macKeys, this.browserHash(), app.now())
    if (transaction === undefined)
      throw new OAuthError('invalid_request', 'this sign-in has expired, or began in another browser: start again in the app', {
        page: { cause: 'expired' },
      })
    return transaction
  })
  app.decorateRequest('requireOwnPage', function (this: FastifyRequest) {
    const { origin: from, 'sec-fetch-site': site } = this.headers
    // A client that sends neither is no browser; the signed transaction and its cookie still protect it. Extensions and proxies that
    // strip the referrer policy make the origin `null`; the fetch metadata says where it comes from, and no page can forge it.
    const own = from === origin || (from === undefined && site === undefined) || (isUnknown(from) && site === 'same-origin')
    if (!own)
      throw new OAuthError('invalid_request', `this form was not sent by a page of ${origin}: open the server under that address`, {
        status: 403,
        page: { cause: 'foreign' },
      })
  })
  app.decorateRequest('requireOwnForm', function (this: FastifyRequest) {
    this.requireOwnPage()
    requireShape(this)
  })
}

const isUnknown = (origin: string | undefined): boolean => origin === undefined || origin === 'null'

export default fp(browserBinding, { name: 'browser-binding', dependencies: ['settings', 'clock', 'keys', '@fastify/cookie'] })
