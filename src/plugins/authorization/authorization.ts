/**
 * The one dispatcher of the browser flow (docs/adr/0002): validates the parameters of a request, and answers with the page, the code
 * or the error that comes next. Owns no route; not where the parameters come from (request-objects.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newRecordId, newSecret } from '../../crypto/random.ts'
import { parseAuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { statedAcr } from '../../domain/authorization/authentication.ts'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { nextStep } from '../../domain/authorization/next-step.ts'
import { PUSHED_REQUEST_TTL } from '../../domain/authorization/pushed-request.ts'
import { without } from '../../domain/authorization/consent-choice.ts'
import { permissions } from '../../domain/authorization/requested-access.ts'
import { TRANSACTION_LIFETIME_MS, signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { verifyRedirect } from '../../domain/authorization/verified-redirect.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import { deniedClient, denialAt } from '../../domain/client/client-approval.ts'
import type { Client } from '../../domain/client/client.ts'
import { codeTtlOf } from '../../domain/client/security-profile.ts'
import { sectorNow, subjectOf } from '../../domain/client/subject.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { redirectReceiver } from '../../domain/protocol/redirect-uri.ts'
import { err } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { formatTokenHandle } from '../../domain/token/token-handle.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import { refuseClientIds } from '../../grants/client-audience.ts'
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { FindClient } from '../authentication/find-client.ts'
import type { Audit } from '../kernel/audit.ts'
import { createCodeLimit } from '../kernel/rate-limits.ts'
import { withoutEmpty } from '../kernel/validation-error.ts'
import { showMissing } from '../login/factor-pages.ts'
import { showLogin } from '../login/login-page.ts'
import type { BrowserSession } from '../login/session.ts'
import { showAccount, showConsent } from './authorization-pages.ts'
import { createAuthorizationResponses, withWayOn } from './authorization-response.ts'
import type { AuthorizationResponses } from './authorization-response.ts'
import { consentNow } from './remembered-consent.ts'
import { rightsOf } from './rights.ts'
import type { ReceiveParameters, ReceivedParameters } from './request-objects.ts'

/** A request whose client and redirect URI are verified: from here on, errors travel to the client. */
export interface ValidatedRequest {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly request: AuthorizationRequest | OAuthError
}

export interface Authorization {
  /**
   * A request that arrives just now, with the parameters that count from here on.
   *
   * @param shape the request's shape error: it is reported only where a redirect is verified
   * @throws {OAuthError} if there is no client, or no redirect URI, to answer to
   */
  receiveAuthorization(
    request: FastifyRequest,
    given: AuthorizationParameters,
    shape?: OAuthError,
  ): Promise<ValidatedRequest & ReceivedParameters>
  /** One that was received before, validated anew; throws the same. */
  validateAuthorizationRequest(request: FastifyRequest, parameters: AuthorizationParameters): Promise<ValidatedRequest>
  /** The same for a client that is known; throws if there is no redirect URI. `problem`: what is wrong with the request already. */
  validateParameters(client: Client, parameters: AuthorizationParameters, problem?: OAuthError): Promise<ValidatedRequest>
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
    asked: Pick<AuthorizationRequest, 'prompts'>,
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
  const { base, codeTtl } = app.settings
  const responses = createAuthorizationResponses(app)
  const exceedsCodeLimit = createCodeLimit(app)

  const receiveAuthorization: Authorization['receiveAuthorization'] = async (request, given, shape) => {
    const parameters = withoutEmpty(given)
    const { client, denied } = await clientOf(request, parameters)
    // Nothing is fetched for it, and it has pushed nothing.
    if (denied !== undefined) return { ...(await validateParameters(client, parameters, denied)), parameters }
    const received = shape === undefined ? await receiveParameters(request, client, parameters) : err(shape)
    if (!received.ok) {
      const { code: error, description, detail } = received.error
      if (detail !== undefined) request.log.info({ client: client.id, error, detail }, description)
      // It goes to the redirect_uri given outside the request object.
      return { ...(await validateParameters(client, parameters, received.error)), parameters }
    }
    return { ...(await validateParameters(client, received.value.parameters, received.value.problem)), ...received.value }
  }

  const validateAuthorizationRequest: Authorization['validateAuthorizationRequest'] = async (request, parameters) => {
    const { client, denied } = await clientOf(request, parameters)
    return validateParameters(client, parameters, denied)
  }

  const validateParameters: Authorization['validateParameters'] = async (client, parameters, problem) => {
    const redirect = verifyRedirect(client, parameters)
    if (!redirect.ok) throw problem ?? withWayOn(redirect.error, client)
    if (problem !== undefined) return { client, redirect: redirect.value, request: problem }
    const denial = denialAt(client, redirect.value.uri)
    if (denial === 'waiting' && client.approval === undefined) await app.storage.clients.wait(client.id)
    if (denial !== undefined) return { client, redirect: redirect.value, request: deniedClient(client, denial) }
    const policy = { ...app.settings, registry: await app.resourceRegistry() }
    const validated = parseAuthorizationRequest(parameters, redirect.value.uri, client, policy)
    const refused = validated.ok ? await refuseClientIds(app.storage, validated.value.targets) : validated.error
    return {
      client,
      redirect: redirect.value,
      request: validated.ok ? (refused ?? (await withHint(validated.value, parameters.id_token_hint, client))) : validated.error,
    }
  }

  /** The client, with the error if it may not come. */
  async function clientOf(request: FastifyRequest, parameters: AuthorizationParameters): Promise<{ client: Client; denied?: OAuthError }> {
    const clientId: unknown = parameters.client_id
    if (typeof clientId !== 'string')
      throw new OAuthError('invalid_request', clientId === undefined ? 'client_id is required' : 'client_id must not be repeated')
    const found = await findClient(clientId, request)
    if (!found.ok && found.error.denied !== undefined) return { client: found.error.denied.client, denied: found.error }
    if (!found.ok)
      throw new OAuthError(found.error.code, found.error.description, {
        status: 400,
        ...(found.error.detail !== undefined && { detail: found.error.detail }),
      })
    const client = found.value
    if (client === undefined || client.disabledAt !== undefined) {
      throw new OAuthError('invalid_client', 'this client is not registered here: remove the connection in the app and add it again', {
        status: 400,
      })
    }
    return { client }
  }

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
        : responses.sendError(request, reply, validated, step.error, uiLocales)
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
    if (!(await useUp(transaction)))
      return responses.send(reply, validated, new OAuthError('invalid_request_uri', 'request_uri was already used'))
    return responses.send(reply, validated, { code: await issueCode(client, redirect, left, found) })
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

  /** OpenID Connect Core section 3.1.2.2: "When an id_token_hint is present, the OP MUST validate that it was the issuer of the ID Token". */
  async function withHint(
    asked: AuthorizationRequest,
    hint: string | undefined,
    client: Client,
  ): Promise<AuthorizationRequest | OAuthError> {
    if (hint === undefined) return asked
    const verified = await app.jwt.verifyIdTokenHint(hint, app.now())
    if (verified?.aud !== client.id)
      return new OAuthError('invalid_request', 'id_token_hint is not an id_token of this server for this client')
    return { ...asked, hintedSubject: verified.sub }
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

  /** A pushed request yields one code; its use is remembered until the last page that shows it expires (RFC 9126 section 7.3). */
  async function useUp({ pushedAs }: Transaction): Promise<boolean> {
    return (
      pushedAs === undefined || app.storage.pushedRequests.redeem(pushedAs, app.now() + PUSHED_REQUEST_TTL * 1000 + TRANSACTION_LIFETIME_MS)
    )
  }

  async function issueCode(
    client: Client,
    redirect: VerifiedRedirect,
    asked: AuthorizationRequest,
    { session, user }: BrowserSession,
  ): Promise<string> {
    const now = app.now()
    const grantId = newRecordId(now)
    const code = formatTokenHandle(grantId, newSecret())
    const expiresAt = now + codeTtlOf(client.metadata, codeTtl) * 1000
    const { nonce, codeChallenge, claims, dpopJkt } = asked
    const scopes = permissions(asked)
    const resources = asked.targets.map(({ identifier }) => identifier)
    const { sid } = session
    const sector = sectorNow(client.metadata)
    // OpenID Connect Back-Channel Logout section 2.3: the client is remembered, to be notified of the logout.
    if (client.metadata.backchannelLogoutUri !== undefined && scopes.includes('openid')) {
      await app.storage.logoutNotices.insert({ sid, clientId: client.id, userId: user.id, sector }, session.expiresAt)
    }
    await app.storage.grants.issue(
      {
        id: grantId,
        userId: user.id,
        clientId: client.id,
        sid,
        sector,
        scopes,
        resources,
        nonce,
        claims,
        authTime: session.authTime,
        amr: session.amr,
        acr: statedAcr(session.acr, asked.acr),
        identityId: session.identityId,
        createdAt: now,
        expiresAt,
      },
      { codeHash: sha256(code), grantId, redirectUri: redirect.uri, redirectUriGiven: redirect.given, codeChallenge, dpopJkt, expiresAt },
    )
    return code
  }

  return { receiveAuthorization, validateAuthorizationRequest, validateParameters, runNextStep, proceed, resume, cancel, responses }
}
