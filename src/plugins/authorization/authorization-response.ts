/**
 * Sends authorization responses to the client (RFC 6749 sections 4.1.2 and 4.1.2.1), signed if it asked for that (JARM). Owns which errors may leave without a click: this
 * server must not lead people to an address that only its client vouches for (RFC 9700 section 4.11.2).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { responseLocation, responseParameters, signedResponseClaims } from '../../domain/authorization/verified-redirect.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import { displayed } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { RESPONSE_ALGS } from '../../domain/client/response-members.ts'
import { adviceOf, causeOf } from '../../domain/language/error-causes.ts'
import type { ErrorCause } from '../../domain/language/error-causes.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { redirectDisplay } from '../../domain/protocol/redirect-uri.ts'
import { PATHS } from '../../schemas/paths.ts'
import { factorsLink } from '../kernel/errors.ts'
import { prefersJson } from '../kernel/route-audience.ts'
import { findConsent } from './remembered-consent.ts'

/** Where a response goes, and on whose behalf. */
interface Receiver {
  readonly client: Client
  readonly redirect: VerifiedRedirect
}

type Answer = { code: string } | OAuthError

export interface AuthorizationResponses {
  /** Sends a code, or an error that a person decided on or that must be silent, to the verified redirect URI. */
  send(reply: FastifyReply, receiver: Receiver, answer: Answer): Promise<unknown>
  /**
   * Sends an error to a client that an operator registered, or that the person in this browser has allowed. For any other client, it
   * shows the error with a way back that the person may take.
   *
   * @param transaction with which somebody whom a rule denies may go on as somebody else
   */
  sendError(
    request: FastifyRequest,
    reply: FastifyReply,
    receiver: Receiver,
    error: OAuthError,
    uiLocales?: string,
    transaction?: Transaction,
  ): Promise<unknown>
}

/** What only an operator can change. */
const OF_OPERATORS: readonly ErrorCause[] = ['rule', 'weak', 'waiting', 'unlisted', 'refused']

export function createAuthorizationResponses(app: FastifyInstance): AuthorizationResponses {
  const { base, issuer } = app.settings

  const send: AuthorizationResponses['send'] = async (reply, receiver, answer) => {
    const { redirect } = receiver
    const parameters = await parametersFor(receiver, answer)
    if (redirect.mode === 'form_post') return reply.page('form-post', { action: redirect.uri, parameters: fieldsOf(parameters) })
    reply.header('cache-control', 'no-store').header('referrer-policy', 'same-origin')
    return reply.redirect(responseLocation(redirect, parameters), 303)
  }

  const sendError: AuthorizationResponses['sendError'] = async (request, reply, { client, redirect }, error, uiLocales, transaction) => {
    const cause = causeOf(error)
    // What a rule of the operator denies, the person must learn in any case: nobody else can ask for it to be changed.
    const isRule = OF_OPERATORS.includes(cause)
    if (!isRule && (await isTrusted(request, { client, redirect }))) return send(reply, { client, redirect }, error)
    const { code, description } = error
    if (prefersJson(request, 'either')) throw new OAuthError(code, description, { status: 400 })
    const parameters = await parametersFor({ client, redirect }, error)
    const host = redirectDisplay(redirect.uri)
    const wayBack =
      redirect.mode === 'form_post'
        ? { host, action: redirect.uri, fields: fieldsOf(parameters) }
        : { host, location: responseLocation(redirect, parameters) }
    const words = { code, description, cause, advice: isRule ? adviceOf(cause) : 'return', reference: request.id } as const
    const other = isRule && transaction !== undefined && { switchTo: switchForm(transaction) }
    return reply.page('error', { status: 400, ...words, wayBack, ...factorsLink(app, cause), ...other }, { uiLocales })
  }

  const switchForm = (transaction: Transaction) => ({
    action: base + PATHS.account,
    transaction: signTransaction(transaction, app.macKeys),
  })

  /** What travels: the response as it is, or as the one parameter of a signed response. */
  async function parametersFor({ client, redirect }: Receiver, answer: Answer): Promise<Readonly<Record<string, string>>> {
    const parameters = responseParameters(redirect, issuer, answer)
    if (!redirect.isSigned) return parameters
    const now = app.now()
    await app.keyset.refresh(now)
    const alg = client.metadata.authorizationSignedResponseAlg ?? RESPONSE_ALGS[0]
    return { response: await app.jwt.signAuthorizationResponse(signedResponseClaims(parameters, client.id, now), alg) }
  }

  async function isTrusted(request: FastifyRequest, { client, redirect }: Receiver): Promise<boolean> {
    if (client.origin === 'operator') return true
    const found = await app.sessions.find(request)
    return found !== undefined && (await findConsent(app, found.user.id, client, redirect)) !== undefined
  }

  return { send, sendError }
}

/** Without an address that an answer may go to, the error page leads to the website of the app. */
export function withWayOn({ code, description }: OAuthError, client: Client): OAuthError {
  return new OAuthError(code, description, { page: { cause: 'redirect', tryAgain: displayed(client, 'client_uri', 'en') } })
}

const fieldsOf = (parameters: Readonly<Record<string, string>>) => Object.entries(parameters).map(([name, value]) => ({ name, value }))
