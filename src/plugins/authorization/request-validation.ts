/**
 * Validates authorization requests: the client, where an answer may go, then the rest, in this order, because it says who hears of an
 * error. Owns no rule of its own (domain/authorization), and no answer.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseAuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { verifyRedirect } from '../../domain/authorization/verified-redirect.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import { deniedClient, denialAt } from '../../domain/client/client-approval.ts'
import type { Client } from '../../domain/client/client.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { err } from '../../domain/protocol/result.ts'
import { refuseClientIds } from '../../grants/client-audience.ts'
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import type { FindClient } from '../authentication/find-client.ts'
import { withoutEmpty } from '../kernel/validation-error.ts'
import { withWayOn } from './authorization-response.ts'
import type { ReceiveParameters, ReceivedParameters } from './request-objects.ts'

/** A request whose client and redirect URI are verified: from here on, errors travel to the client. */
export interface ValidatedRequest {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly request: AuthorizationRequest | OAuthError
}

export interface Validation {
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
}

interface Needs {
  readonly findClient: FindClient
  readonly receiveParameters: ReceiveParameters
}

export function createValidation(app: FastifyInstance, { findClient, receiveParameters }: Needs): Validation {
  const receiveAuthorization: Validation['receiveAuthorization'] = async (request, given, shape) => {
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

  const validateAuthorizationRequest: Validation['validateAuthorizationRequest'] = async (request, parameters) => {
    const { client, denied } = await clientOf(request, parameters)
    return validateParameters(client, parameters, denied)
  }

  const validateParameters: Validation['validateParameters'] = async (client, parameters, problem) => {
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

  return { receiveAuthorization, validateAuthorizationRequest, validateParameters }
}
