/**
 * Requests of the reserved client that exchanges personal access tokens (RFC 8693). Owns that it has no credentials and may do nothing else;
 * not what is issued (grants/token-exchange.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { PERSONAL_TOKEN_CLIENT, TOKEN_EXCHANGE } from '../../domain/token/personal-token.ts'
import type { GrantContext } from '../../grants/grant.ts'
import { exchangePersonalToken } from '../../grants/token-exchange.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { TokenRequest, TokenResponse } from '../../schemas/token.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import type { PersonalTokenFinder } from '../authentication/personal-tokens.ts'
import { requireShape, withoutEmpty } from '../kernel/validation-error.ts'

interface Needs {
  readonly verifyDpopProof: VerifyDpopProof
  readonly personal: PersonalTokenFinder
}

/** The response to a request of the reserved client; `undefined` if it is of another one. */
export type ExchangePersonally = (
  request: FastifyRequest<{ Body: TokenRequest }>,
  reply: FastifyReply,
  surroundings: () => Promise<Omit<GrantContext, 'dpopJkt'>>,
) => Promise<Result<TokenResponse, OAuthError> | undefined>

export function createPersonalExchange(app: FastifyInstance, { verifyDpopProof, personal }: Needs): ExchangePersonally {
  return async (request, reply, surroundings) => {
    if (app.settings.personalTokens === 'off' || clientOf(request.body) !== PERSONAL_TOKEN_CLIENT) return undefined
    requireShape(request)
    const form = withoutEmpty(request.body)
    const { client_secret: secret, client_assertion: assertion, grant_type: grantType } = form
    if (request.headers.authorization !== undefined || secret !== undefined || assertion !== undefined)
      throw new OAuthError('invalid_client', `the client ${PERSONAL_TOKEN_CLIENT} does not authenticate`)
    if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is required')
    if (grantType !== TOKEN_EXCHANGE)
      throw new OAuthError('unauthorized_client', `this client may only use the grant type ${TOKEN_EXCHANGE}`)
    const proven = await verifyDpopProof(request, reply, { address: PATHS.token })
    if (!proven.ok) throw new OAuthError(proven.error.code, proven.error.description)
    await app.keyset.refresh(app.now())
    return exchangePersonalToken(form, { ...(await surroundings()), dpopJkt: proven.value }, personal.find, app.now())
  }
}

/** The body may be anything yet. */
const clientOf = (body: unknown): unknown => (body as { client_id?: unknown } | undefined)?.client_id
