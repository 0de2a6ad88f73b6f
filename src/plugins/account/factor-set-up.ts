/**
 * POST /account/factors/codes and /account/factors/passkey: a second factor that works once is set up (threat-model.md T23). Within a login
 * that needs one, or by somebody who has just logged in. Owns what is stored, and what ends; not the form (login/set-up-form.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { stepOf } from '../../crypto/one-time-codes.ts'
import { encrypt } from '../../crypto/secret.ts'
import { missingFactor } from '../../domain/authorization/authentication.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import { openSetUp } from '../../domain/user/factor-set-up.ts'
import type { SetUp } from '../../domain/user/factor-set-up.ts'
import { MAX_PASSKEYS } from '../../domain/user/passkeys.ts'
import { isFresh } from '../../domain/user/session.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { SetUpForm } from '../../schemas/factors.ts'
import { PATHS } from '../../schemas/paths.ts'
import { createFailureCounts } from '../login/failure-counts.ts'
import { showSetUp } from '../login/factor-pages.ts'
import { receivePasskey } from '../login/new-passkey.ts'
import { createLoginSteps, isOfClient } from '../login/login-steps.ts'
import type { LoginNeeds } from '../login/login-steps.ts'
import { oneTimeCode } from '../login/methods/one-time-code.ts'
import { passkey } from '../login/methods/passkey.ts'
import type { BrowserSession } from '../login/session.ts'
import type { LinkPages } from '../links/link-page.ts'
import type { SetUpBy } from '../../storage/storage.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'

/** Who sets up what. */
interface Setter {
  readonly found: BrowserSession
  readonly setUp: SetUp
  /** The link that lets them, where the first factor alone doesn't. */
  readonly link?: string | undefined
}

const factorSetUp: FastifyPluginAsyncTypebox<LoginNeeds & { factorLinks: LinkPages }> = async (app, needs) => {
  const { audit, authorization, factorLinks } = needs
  const { base } = app.settings
  const { factors } = app.storage
  const steps = createLoginSteps(app, needs)
  const failureCounts = createFailureCounts(app)
  const options = { attachValidation: true, schema: { body: SetUpForm }, config: { audience: 'page' } } as const

  app.post(PATHS.factorCodes, options, async (request, reply) => {
    request.requireOwnForm()
    const { transaction: signed, code = '', decision } = request.body
    const transaction = signed === undefined ? undefined : request.openTransaction(signed)
    if (decision === 'cancel' && transaction !== undefined && isOfClient(transaction))
      return authorization.cancel(request, reply, transaction.parameters)
    const setter = oneTimeCode.counts(app.settings) ? await findSetter(request) : undefined
    if (setter === undefined) return leave(request, reply)
    const { userId, secret } = setter.setUp
    const now = app.now()
    const step = stepOf(secret, code, now)
    if (step === undefined) return showAgain(request, reply, setter, 'code')
    const codes = { userId, secret: encrypt(secret, app.keyset.codeKey), lastStep: step, createdAt: now }
    if (!(await factors.saveCodes(codes, eventOf(request, setter, { factor: 'codes' }), by(setter)))) return leave(request, reply)
    return finish(request, reply, setter, oneTimeCode.amr)
  })

  app.post(PATHS.factorPasskey, options, async (request, reply) => {
    request.requireOwnForm()
    const setter = await findSetter(request)
    if (setter === undefined) return leave(request, reply)
    const made = await receivePasskey(app, request.body, setter.setUp)
    if (made === undefined) return showAgain(request, reply, setter, 'passkey')
    const event = eventOf(request, setter, { factor: 'passkey', passkey: made.name })
    if (!(await factors.insertPasskey(made, MAX_PASSKEYS, event, by(setter)))) return showAgain(request, reply, setter, 'passkey')
    return finish(request, reply, setter, passkey.amr)
  })

  const by = ({ found, link }: Setter): SetUpBy => ({ session: found.session.idHash, link })

  /** Somebody whose login lacks only this (and who came by a link, where they need one), or who is logged in since a moment ago, by all factors that they have. */
  async function findSetter(request: FastifyRequest<{ Body: SetUpForm }>): Promise<Setter | undefined> {
    const found = await app.sessions.findUnfinished(request)
    if (found === undefined) return undefined
    const { session, factors: needs } = found
    const missing = missingFactor(session.acr, needs)
    const opened = missing === 'locked' ? await factorLinks.current(request) : undefined
    const link = opened?.link.userId === found.user.id ? opened.link.tokenHash : undefined
    if (missing !== 'set-up' && link === undefined && (missing !== undefined || !isFresh(session, app.now(), needs.isRequired)))
      return undefined
    const setUp = openSetUp(request.body.set_up, app.macKeys, session.idHash, app.now())
    return setUp?.userId === found.user.id ? { found, setUp, link } : undefined
  }

  const eventOf = (request: FastifyRequest, { found: { user } }: Setter, about: Record<string, string>) =>
    audit.event(request, {
      name: 'factor.added',
      actor: `user ${user.username}`,
      userId: user.id,
      details: { user: user.username, ...about },
    })

  async function showAgain(
    request: FastifyRequest<{ Body: SetUpForm }>,
    reply: FastifyReply,
    { found, setUp: before }: Setter,
    problem: 'code' | 'passkey',
  ): Promise<unknown> {
    const { transaction: signed } = request.body
    const transaction = signed === undefined ? undefined : request.openTransaction(signed)
    const client = transaction && (await steps.clientOf(request, transaction))
    return showSetUp(app, reply, { client, transaction }, found, { problem, before })
  }

  /** Back to the page, which asks for what is missing by now. */
  async function leave(request: FastifyRequest<{ Body: SetUpForm }>, reply: FastifyReply): Promise<unknown> {
    const { transaction } = request.body
    if (transaction !== undefined) return steps.resume(request, reply, request.openTransaction(transaction))
    throw new OAuthError('invalid_request', 'this page is no longer current: open it again', { page: { cause: 'expired' } })
  }

  /** The factor has worked, so the session has it; other sessions have ended. The first one comes with recovery codes. */
  async function finish(
    request: FastifyRequest<{ Body: SetUpForm }>,
    reply: FastifyReply,
    { found: { session, user }, link: usedLink }: Setter,
    amr: readonly string[],
  ): Promise<unknown> {
    const { id, username } = user
    const { transaction: signed } = request.body
    await app.sessions.stepUp(request, reply, session, amr)
    if (usedLink !== undefined) factorLinks.close(reply)
    // There is one: the factor could not be stored otherwise.
    const account = (await app.storage.users.find(id))!
    const within = signed === undefined ? undefined : await steps.complete(request, reply, request.openTransaction(signed), account)
    await failureCounts.noteChange(user)
    request.log.info({ user: id, username }, 'second factor set up')
    const link = `${base}${PATHS.factors}`
    const hasRecoveryCodes = (await factors.listOf(id)).recoveryCodes > 0
    if (hasRecoveryCodes) return within === undefined ? reply.redirect(link, 303) : steps.resume(request, reply, within)
    const next = within === undefined ? { link } : { action: base + PATHS.loginCode, transaction: signTransaction(within, app.macKeys) }
    const codes = await makeRecoveryCodes(app, request, user)
    return reply.page('recovery-codes', { codes, next }, { uiLocales: within?.parameters.ui_locales })
  }
}
export default fp(factorSetUp, {
  name: 'factor-set-up',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'clock', 'pages', 'browser-binding', 'session'],
})
