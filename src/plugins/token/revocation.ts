/**
 * POST /revoke (RFC 7009). Owns what ends: a refresh token ends its whole grant, an access token only itself; and that nobody ends what is
 * bound to a key without that key (threat-model.md T19).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { isPublicClient } from '../../domain/client/client-metadata.ts'
import type { Client } from '../../domain/client/client.ts'
import { checkBinding } from '../../domain/dpop/dpop-binding.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { formatScope } from '../../domain/protocol/scope.ts'
import { parseTokenHandle } from '../../domain/token/token-handle.ts'
import { PATHS } from '../../schemas/paths.ts'
import { TokenParameter } from '../../schemas/token.ts'
import type { FindAccessToken } from '../authentication/access-tokens.ts'
import type { Audit } from '../kernel/audit.ts'
import type { AuthenticateClient } from '../authentication/client-authentication.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import { curlPost, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { requireShape, withoutEmpty } from '../kernel/validation-error.ts'

interface Needs {
  readonly audit: Audit
  readonly authenticateClient: AuthenticateClient
  readonly findAccessToken: FindAccessToken
  readonly verifyDpopProof: VerifyDpopProof
}

const endpoint: Endpoint = {
  id: 'revocation',
  group: 'flow',
  member: 'revocation_endpoint',
  standards: [rfc(7009, 'Token Revocation')],
  curl: (url) => curlPost(url, EXAMPLE.client, '-d "token=$ACCESS_TOKEN"'),
}

const revocation: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, authenticateClient, findAccessToken, verifyDpopProof }) => {
  const { grants } = app.storage
  const foreign = () => new OAuthError('invalid_grant', 'the token was issued to another client')

  app.post(
    PATHS.revoke,
    { config: { audience: 'api', endpoint, rateLimit: app.limits.token }, attachValidation: true, schema: { body: TokenParameter } },
    async (request, reply) => {
      const client = await authenticateClient(request)
      requireShape(request)
      const { token } = withoutEmpty(request.body)
      if (token === undefined) throw new OAuthError('invalid_request', 'token is required')

      // The hint isn't needed: a token is of one kind only.
      const presented = parseTokenHandle(token)
      const refresh = presented && (await grants.findRefreshToken(presented.grantId, presented.hash))
      if (refresh !== undefined) {
        if (refresh.grant.clientId !== client.id) throw foreign()
        await requireKey(request, reply, client, refresh.token.dpopJkt)
        if (await grants.revoke(refresh.grant.id, app.now())) {
          const details = { grant: refresh.grant.id, scope: formatScope(refresh.grant.scopes) }
          const about = { actor: 'client', clientId: client.id, userId: refresh.grant.userId }
          await audit.note(request, { name: 'grant.revoked', ...about, details: fitDetails(details) })
        }
      } else {
        const claims = (await findAccessToken(token))?.claims
        if (claims !== undefined && claims.client_id !== client.id) throw foreign()
        if (claims !== undefined) {
          await requireKey(request, reply, client, claims.cnf?.jkt)
          await grants.revokeAccessToken(claims.jti, claims.exp * 1000)
        }
      }
      // RFC 7009 section 2.2: the answer for an invalid token is the same.
      return reply.header('cache-control', 'no-store').code(200).send()
    },
  )

  /** Of a client that authenticates, nobody else can send the request. */
  async function requireKey(request: FastifyRequest, reply: FastifyReply, client: Client, boundTo: string | undefined): Promise<void> {
    if (boundTo === undefined || !isPublicClient(client)) return
    const proven = await verifyDpopProof(request, reply, { address: PATHS.revoke })
    if (!proven.ok) throw new OAuthError(proven.error.code, proven.error.description)
    const bound = checkBinding(boundTo, proven.value)
    if (!bound.ok) throw bound.error
  }
}
export default fp(revocation, {
  name: 'revocation',
  encapsulate: true,
  dependencies: ['storage', 'clock', 'rate-limits'],
})
