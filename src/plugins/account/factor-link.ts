/**
 * GET and POST /factor-link: where a link of an operator leads somebody who must have a second factor, and whose first one alone isn't enough
 * to set it up (threat-model.md T23, T26). The link counts beside the first factor, in the browser that opened it; only where an account has
 * neither a password nor a provider, it makes the first passkey by itself. Owns who sees what; not what is stored (factor-set-up.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { missingFactor } from '../../domain/authorization/authentication.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { isUsable } from '../../domain/link/link.ts'
import type { Link } from '../../domain/link/link.ts'
import { openSetUp } from '../../domain/user/factor-set-up.ts'
import { MAX_PASSKEYS } from '../../domain/user/passkeys.ts'
import type { User } from '../../domain/user/user.ts'
import { FactorLinkForm, LinkQuery } from '../../schemas/links.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { inLanguage } from '../links/link-page.ts'
import type { LinkPages } from '../links/link-page.ts'
import { showSetUp } from '../login/factor-pages.ts'
import { showLogin } from '../login/login-page.ts'
import type { Throttle } from '../login/login-throttle.ts'
import { receivePasskey, wasJustMade } from '../login/new-passkey.ts'
import { describePasskeySetUp } from '../login/set-up-form.ts'

interface Needs {
  readonly audit: Audit
  readonly throttle: Throttle
  readonly factorLinks: LinkPages
}

const factorLink: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, throttle, factorLinks }) => {
  const { base } = app.settings
  const { factors, identities, users } = app.storage

  app.get(
    PATHS.factorLink,
    { attachValidation: true, schema: { querystring: LinkQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const opened = await factorLinks.open(request, reply)
      if (opened === undefined) return reply
      const user = await users.find(opened.link.userId!)
      if (user === undefined) return factorLinks.refuse(reply)
      if (await isBare(user)) return showPasskey(request, reply, user, opened.token, opened.link)
      const found = await app.sessions.findUnfinished(request)
      if (found?.user.id !== user.id) return askForLogin(request, reply, user)
      const missing = missingFactor(found.session.acr, found.factors)
      if (missing === undefined) return reply.header('cache-control', 'no-store').redirect(base + PATHS.factorSetUp, 303)
      // A person who has a factor already shows that one.
      return missing === 'set-up' || missing === 'locked' ? showSetUp(app, reply, {}, found) : factorLinks.refuse(reply)
    },
  )

  app.post(
    PATHS.factorLink,
    { attachValidation: true, schema: { body: FactorLinkForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const { token, set_up: signed } = request.body
      const verdict = await factorLinks.count(request, reply, token)
      const link = await factorLinks.find(token)
      const user = link && (await users.find(link.userId!))
      if (link === undefined || user === undefined || verdict.problem !== undefined) return factorLinks.refuse(reply)
      if (!isUsable(link, app.now()))
        return (await wasJustMade(app, request.body.credential, link)) ? done(reply, user) : factorLinks.refuse(reply)
      if (!(await isBare(user))) return factorLinks.refuse(reply)
      const setUp = openSetUp(signed, app.macKeys, link.tokenHash, app.now())
      const passkey = setUp && (await receivePasskey(app, request.body, setUp))
      if (passkey === undefined) return showPasskey(request, reply, user, token, link, 'passkey')
      const { id: userId, username } = user
      const about = { actor: `user ${username}`, userId, details: { user: username, factor: 'passkey', passkey: passkey.name } }
      const event = audit.event(request, { ...about, name: 'factor.added' })
      if (!(await factors.insertPasskey(passkey, MAX_PASSKEYS, event, { link: link.tokenHash }))) return factorLinks.refuse(reply)
      await throttle.forgive(verdict)
      request.log.info({ user: userId, username }, 'passkey set up by a link')
      return done(reply, user)
    },
  )

  /** Whether nothing lets somebody in yet. */
  async function isBare({ id, passwordHash }: User): Promise<boolean> {
    return passwordHash === undefined && (await identities.listOf(id)).length === 0 && (await factors.listOf(id)).passkeys.length === 0
  }

  function showPasskey(request: FastifyRequest, reply: FastifyReply, user: User, token: string, { tokenHash }: Link, problem?: 'passkey') {
    const action = inLanguage(base + PATHS.factorLink, request)
    const model = { ...describePasskeySetUp(app, user, tokenHash, action), token, username: user.username }
    return reply.page(
      'link-passkey',
      { ...model, ...(problem !== undefined && { problem }) },
      { status: problem === undefined ? 200 : 403 },
    )
  }

  function askForLogin(request: FastifyRequest, reply: FastifyReply, { username }: User) {
    const { ui_locales: asked } = request.query as { ui_locales?: unknown }
    const transaction: Transaction = {
      parameters: typeof asked === 'string' ? { ui_locales: asked } : {},
      account: { path: PATHS.factorLink },
      startedAt: app.now(),
      browserHash: reply.bindBrowser(),
    }
    return showLogin(app, reply, { transaction }, username)
  }

  function done(reply: FastifyReply, { username }: User) {
    factorLinks.close(reply)
    return reply.page('link-done', { done: 'passkey', username, home: `${base}/` })
  }
}

export default fp(factorLink, {
  name: 'factor-link',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'clock', 'pages', 'browser-binding', 'session'],
})
