/**
 * The one dispatcher of the browser flow (docs/adr/0002): answers a request with the page, the code or the error that comes next. Owns no
 * route; not where the parameters come from (request-objects.ts), nor what makes them valid (request-validation.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { nextStep } from '../../domain/authorization/next-step.ts'
import { without } from '../../domain/authorization/consent-choice.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { Client } from '../../domain/client/client.ts'
import { subjectOf } from '../../domain/client/subject.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { redirectReceiver } from '../../domain/protocol/redirect-uri.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { FindClient } from '../authentication/find-client.ts'
import type { Audit } from '../kernel/audit.ts'
import { createCodeLimit } from '../kernel/rate-limits.ts'
import { showMissing } from '../login/factor-pages.ts'
import { showLogin } from '../login/login-page.ts'
import { showAccount, showConsent } from './authorization-pages.ts'
import { createAuthorizationResponses } from './authorization-response.ts'
import type { AuthorizationResponses } from './authorization-response.ts'
import { createAuthorizationCodes } from './authorization-codes.ts'
import { consentNow } from './remembered-consent.ts'
import { rightsOf } from './rights.ts'
import type { ReceiveParameters } from './request-objects.ts'
import { createValidation } from './request-validation.ts'
import type { ValidatedRequest, Validation } from './request-validation.ts'

export interface Authorization extends Validation {
  /** Answers a request with a page, a code or an error. `allowed`: who allowed it just now, but for which permissions. */
  runNextStep(
    request: FastifyRequest,
    reply: FastifyReply,
    validated: ValidatedRequest,
    transaction: Transaction,
    allowed?: Allowed,
  ): Promise<unknown>
  /** Goes on with a request. It is validated again, because the client may have changed meanwhile. */
  proceed(request: FastifyRequest, reply: FastifyReply, transaction: Transaction): Promise<unknown>
  /** The same after the post of a page, by way of a redirect to GET if its address doesn't get too long. */
  resume(request: FastifyRequest, reply: FastifyReply, transaction: Transaction): Promise<unknown>
  /** Answers a request that the person doesn't want to log in for. */
  cancel(request: FastifyRequest, reply: FastifyReply, parameters: AuthorizationParameters): Promise<unknown>
  readonly responses: AuthorizationResponses
}

interface Allowed {
  readonly userId: string
  readonly taken: readonly string[]
}

interface Needs {
  readonly audit: Audit
  readonly findClient: FindClient
  readonly receiveParameters: ReceiveParameters
  /** Sends the browser to the provider by which everybody logs in, where there is one; returns whether it did. */
  readonly goStraightOn: (
    request: FastifyRequest,
    reply: FastifyReply,
    asked: Pick<AuthorizationRequest, 'prompts' | 'maxAge'>,
    transaction: Transaction,
  ) => Promise<boolean>
}

/**
 * Longest transaction in the address of a redirect, in characters. A transaction holds the whole request, and grows by its signature;
 * proxies bound headers, nginx those of a response to 4 KB together. What is longer is answered with the next page at once, which costs
 * the way back: browsers ask before they show the answer to a post again.
 */
const LONGEST_IN_HEADER = 2500

export function createAuthorization(app: FastifyInstance, { audit, findClient, receiveParameters, goStraightOn }: Needs): Authorization {
  const { base } = app.settings
  const responses = createAuthorizationResponses(app)
  const exceedsCodeLimit = createCodeLimit(app)
  const codes = createAuthorizationCodes(app)
  const validation = createValidation(app, { findClient, receiveParameters })
  const { validateAuthorizationRequest } = validation

  const runNextStep: Authorization['runNextStep'] = async (request, reply, validated, transaction, allowed) => {
    const { client, redirect, request: wanted } = validated
    const { prompt, ui_locales: uiLocales } = transaction.parameters
    if (wanted instanceof OAuthError) {
      const { denial } = wanted
      if (denial === undefined) return responses.sendError(request, reply, validated, wanted, uiLocales)
      await noteDenial(request, client, undefined, denial)
      return prompt === 'none'
        ? responses.send(reply, validated, wanted)
        : responses.sendError(request, reply, validated, wanted, uiLocales)
    }
    const found = await app.sessions.findUnfinished(request, { clientId: client.id, receiver: redirectReceiver(redirect.uri) })
    const rights = found && (await rightsOf(app, wanted, found, client.id))
    const asked = rights === undefined ? wanted : { ...rights.access, demanded: rights.demanded, refused: rights.refused }
    const consent = consentNow(found?.consent, client)
    const loggedIn = found && {
      ...found.session,
      loggedInAt: found.session.createdAt,
      factors: found.factors,
      subject: subjectOf(client.metadata, found.session, app.keyset.subjectKey),
    }
    const step = nextStep(asked, { ...transaction, allowedByUserId: allowed?.userId }, loggedIn, consent, app.now())
    if (step.kind === 'error') {
      if (step.error.denial !== undefined) await noteDenial(request, client, found?.user, step.error.denial)
      // A silent request is answered without a page, which is all that it is for (OpenID Connect Core section 3.1.2.6).
      return asked.prompts.has('none')
        ? responses.send(reply, validated, step.error)
        : responses.sendError(request, reply, validated, step.error, uiLocales, found && transaction)
    }
    const context = { client, redirect, asked, transaction, before: consent }
    // Every other step follows from a session.
    // The name of the person whom a hint means is filled in if this browser knows it already: clients learn no names by hints.
    if (step.kind === 'login' || found === undefined) {
      const isAway = await goStraightOn(request, reply, asked, transaction)
      if (isAway) return reply
      return showLogin(
        app,
        reply,
        context,
        asked.loginHint ?? (loggedIn?.subject === asked.hintedSubject ? found?.user.username : undefined),
      )
    }
    if (step.kind !== 'account' && step.kind !== 'consent' && step.kind !== 'code')
      return showMissing(app, reply, context, found, step.kind)
    if (step.kind === 'account') return showAccount(app, reply, context, found.user)
    if (step.kind === 'consent') return showConsent(app, reply, context, found.user)
    if (exceedsCodeLimit(found.user.id)) {
      const limited = new OAuthError('temporarily_unavailable', 'too many authorizations of this user: try again in a minute')
      return responses.send(reply, validated, limited)
    }
    const left = without(asked, allowed?.taken ?? [])
    const code = await codes.issue({ client, redirect, asked: left, by: found, transaction })
    const answer = code === undefined ? new OAuthError('invalid_request_uri', 'request_uri was already used') : { code }
    return responses.send(reply, validated, answer)
  }

  const proceed: Authorization['proceed'] = async (request, reply, transaction) =>
    runNextStep(request, reply, await validateAuthorizationRequest(request, transaction.parameters), transaction)

  const resume: Authorization['resume'] = async (request, reply, transaction) => {
    const signed = signTransaction(transaction, app.macKeys)
    if (signed.length > LONGEST_IN_HEADER) return proceed(request, reply, transaction)
    return reply.header('cache-control', 'no-store').redirect(`${base}${PATHS.authorize}?transaction=${signed}`, 303)
  }

  const cancel: Authorization['cancel'] = async (request, reply, parameters) => {
    const validated = await validateAuthorizationRequest(request, parameters)
    const denied = new OAuthError('access_denied', 'the person did not want to log in')
    return responses.sendError(request, reply, validated, denied, parameters.ui_locales)
  }

  async function noteDenial(
    request: FastifyRequest,
    { id: clientId }: Client,
    user: UserProfile | undefined,
    denial: string,
  ): Promise<void> {
    request.log.info({ client: clientId, user: user?.id, username: user?.username, denial }, 'access denied')
    const details = fitDetails({ denial })
    const by = user === undefined ? {} : { actor: `user ${user.username}` }
    await audit.note(request, { name: 'access.denied', ...by, clientId, details })
  }

  return { ...validation, runNextStep, proceed, resume, cancel, responses }
}
