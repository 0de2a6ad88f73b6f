/**
 * POST /consent and POST /account: the decisions of a person on our own pages (threat-model.md T5, T6). Owns what a decision changes;
 * not when the pages are shown (authorization.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { consentDetails, fitDetails } from '../../domain/audit/audit-details.ts'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { NOTHING_KNOWN, decisionDigest, knownOf } from '../../domain/authorization/consent.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { choiceIn, offerChoice, takenAway, without } from '../../domain/authorization/consent-choice.ts'
import type { Choice } from '../../domain/authorization/consent-choice.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { formatScope } from '../../domain/protocol/scope.ts'
import { DecisionForm } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import type { Authorization } from './authorization.ts'
import { findConsent, rememberConsent } from './remembered-consent.ts'
import type { ValidatedRequest } from './request-validation.ts'
import { rightsOf } from './rights.ts'

const consent: FastifyPluginAsyncTypebox<{ audit: Audit; authorization: Authorization }> = async (app, { audit, authorization }) => {
  const options = { attachValidation: true, schema: { body: DecisionForm }, config: { audience: 'page' } } as const

  app.post(PATHS.consent, options, async (request, reply) => {
    const transaction = openOwn(request, request.body)
    const validated = await authorization.validateAuthorizationRequest(request, transaction.parameters)
    const { client, redirect, request: asked } = validated
    const { ui_locales: uiLocales } = transaction.parameters
    switch (request.body.decision) {
      case 'switch':
        return authorization.resume(request, reply, { ...transaction, shown: undefined, switchedAt: app.now() })
      case 'deny': {
        request.log.info({ client: client.id }, 'consent denied')
        const denying = await app.sessions.find(request)
        const by = denying === undefined ? {} : { actor: `user ${denying.user.username}`, userId: denying.user.id }
        await audit.note(request, {
          name: 'consent.denied',
          ...by,
          clientId: client.id,
          details: fitDetails({ redirect: redirect.uri }),
        })
        return authorization.responses.send(reply, validated, new OAuthError('access_denied', 'the person denied the request'))
      }
      case 'allow': {
        if (asked instanceof OAuthError) return authorization.responses.sendError(request, reply, validated, asked, uiLocales)
        const decided = await decide(request, transaction, validated, asked, choiceIn(request.body))
        if (decided === undefined) return authorization.resume(request, reply, { ...transaction, shown: undefined, asksAgain: true })
        const { userId, allowed, taken } = decided
        await rememberConsent(app, userId, client, redirect, allowed, taken)
        const { username } = decided
        request.log.info({ client: client.id, user: userId, username, scope: formatScope(allowed.scopes) }, 'consent given')
        const by = { actor: `user ${username}`, userId, clientId: client.id }
        await audit.note(request, { name: 'consent.given', ...by, details: consentDetails(allowed, redirect.uri) })
        return authorization.runNextStep(request, reply, validated, transaction, { userId, taken })
      }
      default:
        throw new OAuthError('invalid_request', 'decision must be allow, deny or switch')
    }
  })

  app.post(PATHS.account, options, async (request, reply) => {
    const transaction = openOwn(request, request.body)
    const { shown, ...kept } = transaction
    if (request.body.decision === 'switch') return authorization.resume(request, reply, { ...kept, switchedAt: app.now() })
    if (request.body.decision !== 'continue') throw new OAuthError('invalid_request', 'decision must be continue or switch')
    return authorization.resume(request, reply, { ...kept, chosenUserId: shown?.userId })
  })

  /** The transaction of a post that our own page sent from the browser that it was made for. */
  function openOwn(request: FastifyRequest, body: DecisionForm): Transaction {
    request.requireOwnForm()
    return request.openTransaction(body.transaction)
  }

  /** Who decides, and on what, if the page showed exactly that to the person who is logged in now. */
  async function decide(
    request: FastifyRequest,
    { shown }: Transaction,
    { client, redirect }: ValidatedRequest,
    asked: AuthorizationRequest,
    choice: Choice,
  ): Promise<{ userId: string; username: string; allowed: AuthorizationRequest; taken: readonly string[] } | undefined> {
    const found = await app.sessions.find(request)
    if (found === undefined || shown?.userId !== found.user.id) return undefined
    const { access: offered, refused } = await rightsOf(app, asked, found, client.id)
    if (refused !== undefined) return undefined
    const { id: userId, username } = found.user
    const before = await findConsent(app, userId, client, redirect)
    // A page that took nothing as known warned enough: after a double click on Allow, there is a consent that it couldn't know.
    const known = [knownOf(client, redirect.uri, offered, before), NOTHING_KNOWN]
    for (const each of known) {
      const choices = offerChoice(offered, each, app.settings.consentChoice === 'on')
      if (shown.digest !== decisionDigest(client, redirect.uri, offered, each, choices)) continue
      const taken = takenAway(choices, choice)
      return { userId, username, allowed: without(offered, taken), taken }
    }
    return undefined
  }
}
export default fp(consent, {
  name: 'consent',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'browser-binding', 'session'],
})
