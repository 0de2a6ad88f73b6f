/**
 * GET and POST /device, POST /device/decision (RFC 8628 section 3.3): a person types the code of a device, sees which client asks, and
 * decides. Owns the three steps; a link with the code in it skips none of them (section 5.4; threat-model.md T5, T6, T15).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { choiceIn } from '../../domain/authorization/consent-choice.ts'
import { adviceOf, causeOf } from '../../domain/language/error-causes.ts'
import { consentDetails, fitDetails } from '../../domain/audit/audit-details.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { displayName } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { addressOf } from '../../domain/protocol/network.ts'
import { DecisionForm } from '../../schemas/authorization.ts'
import { DeviceQuery, UserCodeForm } from '../../schemas/device-authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { FindClient } from '../authentication/find-client.ts'
import { showDeviceConsent } from '../authorization/authorization-pages.ts'
import type { Audit } from '../kernel/audit.ts'
import { curl, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { factorsLink } from '../kernel/errors.ts'
import { requireShape } from '../kernel/validation-error.ts'
import { showEntrance, showMissing } from '../login/factor-pages.ts'
import { attemptAt } from '../login/login-throttle.ts'
import type { Throttle } from '../login/login-throttle.ts'
import type { BrowserSession } from '../login/session.ts'
import { describeFailures } from '../login/transaction-page.ts'
import type { DevicePage } from '../pages/page-models.ts'
import { createDeviceRequests } from './device-requests.ts'
import type { Asked, Decision } from './device-requests.ts'

interface Needs {
  readonly audit: Audit
  readonly throttle: Throttle
  readonly findClient: FindClient
}

/** What was wrong with the code, if this isn't the first. */
type CodeProblem = Pick<DevicePage, 'problem' | 'retryAfterMinutes'> & { status: number }

const endpoint: Endpoint = {
  id: 'device',
  group: 'flow',
  standards: [rfc(8628, 'Device Authorization Grant')],
  curl: (url) => curl(`-i '${url}'`),
}

const device: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, throttle, findClient }) => {
  const { base } = app.settings
  const { findAsked, findDecided, wasShown, narrow, decide } = createDeviceRequests(app, findClient)

  app.get(
    PATHS.device,
    { attachValidation: true, schema: { querystring: DeviceQuery }, config: { audience: 'page', endpoint } },
    async (request, reply) => {
      requireShape(request)
      const { transaction, user_code: userCode = '', ui_locales } = request.query
      const begun = { parameters: ui_locales === undefined ? {} : { ui_locales }, userCode, startedAt: app.now() }
      return showForm(
        request,
        reply,
        transaction === undefined ? { ...begun, browserHash: reply.bindBrowser() } : request.openTransaction(transaction),
      )
    },
  )

  app.post(
    PATHS.device,
    { attachValidation: true, schema: { body: UserCodeForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const opened = openOwn(request, request.body)
      const transaction = { ...opened, userCode: request.body.user_code ?? opened.userCode }
      if (request.body.decision === 'switch') return again(reply, { ...transaction, switchedAt: app.now() })
      const found = await findSession(request, transaction)
      if (found === undefined) return again(reply, transaction)
      const verdict = await throttle.count(attemptAt(`device:${found.user.id}`, 'device-address', request.ip))
      const { waitMs } = verdict
      if (waitMs > 0) {
        const { id: user, username } = found.user
        request.log.warn({ user, username, address: addressOf(request.ip) }, 'device code refused: too many attempts')
        reply.header('retry-after', Math.ceil(waitMs / 1000))
        return showForm(request, reply, transaction, { problem: 'limited', retryAfterMinutes: Math.ceil(waitMs / 60_000), status: 429 })
      }
      const asked = await findAsked(request, transaction.userCode, found)
      if (asked === undefined) return showForm(request, reply, transaction, { problem: 'unknown', status: 400 })
      await throttle.forgive(verdict)
      if (asked.missing !== undefined) return showMissing(app, reply, { transaction }, found, asked.missing)
      if (asked.refused !== undefined) return showRefusal(request, reply, { transaction, found, asked }, asked.refused)
      const { client, access, userCode, waiting } = asked
      return showDeviceConsent(app, reply, { client, asked: access, transaction }, found.user, userCode, waiting.deviceCodeHash)
    },
  )

  app.post(
    PATHS.deviceDecision,
    { attachValidation: true, schema: { body: DecisionForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const transaction = openOwn(request, request.body)
      const { decision } = request.body
      const { shown } = transaction
      if (decision === 'switch') return again(reply, { ...transaction, switchedAt: app.now() })
      if (decision !== 'allow' && decision !== 'deny') throw new OAuthError('invalid_request', 'decision must be allow, deny or switch')
      const found = await findSession(request, transaction)
      // Only a code that a page showed is looked up: nobody can guess codes here.
      if (found === undefined || shown?.userId !== found.user.id) return again(reply, transaction)
      const asked = await findAsked(request, transaction.userCode, found)
      if (asked?.missing !== undefined) return again(reply, transaction)
      if (asked?.refused !== undefined) return showRefusal(request, reply, { transaction, found, asked }, asked.refused)
      if (asked !== undefined && !wasShown(transaction, asked)) return again(reply, transaction)
      const chosen = asked && narrow(asked, choiceIn(request.body))
      if (chosen !== undefined && (await decide(chosen, found, decision))) {
        const { client, access } = chosen
        request.log.info({ client: client.id, user: found.user.id, username: found.user.username, decision }, 'device decided')
        await audit.note(request, {
          name: decision === 'allow' ? 'consent.given' : 'consent.denied',
          actor: `user ${found.user.username}`,
          userId: found.user.id,
          clientId: client.id,
          details: consentDetails(access, 'device'),
        })
        return showDone(reply, transaction, client, decision)
      }
      const decided = await findDecided(shown, decision)
      return decided === undefined ? again(reply, transaction) : showDone(reply, transaction, decided, decision)
    },
  )

  /** The transaction of a post that our own page sent from the browser that it was made for. */
  function openOwn(request: FastifyRequest, body: { transaction: string }): Transaction & { userCode: string } {
    request.requireOwnForm()
    return ofDevice(request.openTransaction(body.transaction))
  }

  function ofDevice(transaction: Transaction): Transaction & { userCode: string } {
    const { userCode } = transaction
    if (userCode === undefined) throw new OAuthError('invalid_request', 'this form belongs to another page: start again on the device')
    return { ...transaction, userCode }
  }

  /** Who is logged in, unless the person asked for another account since. */
  async function findSession(request: FastifyRequest, { switchedAt = 0 }: Transaction): Promise<BrowserSession | undefined> {
    const found = await app.sessions.find(request)
    return found !== undefined && found.session.authTime >= switchedAt ? found : undefined
  }

  /** The person reads why. The device goes on waiting: another account, or a stronger login, may get it something. */
  async function showRefusal(
    request: FastifyRequest,
    reply: FastifyReply,
    { transaction, found: { user }, asked }: { transaction: Transaction; found: BrowserSession; asked: Asked },
    { code, description, denial, page }: OAuthError,
  ): Promise<unknown> {
    const status = 400
    const details = fitDetails({ denial })
    await audit.note(request, { name: 'access.denied', actor: `user ${user.username}`, clientId: asked.client.id, details })
    const cause = causeOf({ code, status, page })
    const switchTo = { action: base + PATHS.device, transaction: signTransaction(transaction, app.macKeys) }
    const words = { status, code, description, cause, advice: adviceOf(cause), reference: request.id }
    return reply.page('error', { ...words, ...factorsLink(app, cause), switchTo }, { uiLocales: transaction.parameters.ui_locales })
  }

  /** The login page, or the one that asks for the code. */
  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    opened: Transaction,
    { status, ...problem }: CodeProblem = { status: 200 },
  ): Promise<unknown> {
    const transaction = ofDevice(opened)
    const found = await findSession(request, transaction)
    if (found === undefined) return showEntrance(app, request, reply, { transaction }, undefined)
    const signed = signTransaction(transaction, app.macKeys)
    const { userCode, parameters } = transaction
    const model = {
      action: base + PATHS.device,
      transaction: signed,
      username: found.user.username,
      userCode,
      ...describeFailures(transaction, found.user, reply.pageLanguage(parameters.ui_locales)),
      ...problem,
    }
    return reply.page('device', model, { status, uiLocales: parameters.ui_locales })
  }

  function showDone(reply: FastifyReply, { parameters }: Transaction, client: Client, decision: Decision): Promise<void> {
    const uiLocales = parameters.ui_locales
    const clientName = displayName(client, reply.pageLanguage(uiLocales))
    return reply.page('device-done', { allowed: decision === 'allow', clientName }, { uiLocales })
  }

  function again(reply: FastifyReply, transaction: Transaction): FastifyReply {
    const signed = signTransaction({ ...transaction, shown: undefined }, app.macKeys)
    return reply.header('cache-control', 'no-store').redirect(`${base}${PATHS.device}?transaction=${signed}`, 303)
  }
}
export default fp(device, {
  name: 'device',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'resources', 'keys', 'clock', 'session', 'browser-binding', 'pages'],
})
