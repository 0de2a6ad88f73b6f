/** POST /token (RFC 6749 section 3.2). Owns the phases and their order; not the grants (src/grants). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { newId, newSecret } from '../../crypto/random.ts'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { checkGrantType } from '../../domain/client/client-approval.ts'
import { isFapi } from '../../domain/client/security-profile.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { networkOf } from '../../domain/protocol/network.ts'
import { formatScope } from '../../domain/protocol/scope.ts'
import type { Grant } from '../../domain/token/grant.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { PERSONAL_TOKEN_CLIENT, TOKEN_EXCHANGE } from '../../domain/token/personal-token.ts'
import { authorizationCode } from '../../grants/authorization-code.ts'
import { clientCredentials } from '../../grants/client-credentials.ts'
import { createDeviceCode } from '../../grants/device-code.ts'
import type { GrantContext, GrantHandler } from '../../grants/grant.ts'
import { createPollPace } from '../../grants/poll-pace.ts'
import { refreshToken } from '../../grants/refresh-token.ts'
import { PATHS } from '../../schemas/paths.ts'
import { TokenRequest, TokenResponse } from '../../schemas/token.ts'
import type { AuthenticateClient } from '../authentication/client-authentication.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import type { PersonalTokenFinder } from '../authentication/personal-tokens.ts'
import type { Audit } from '../kernel/audit.ts'
import { curlPost, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { requireShape, withoutEmpty } from '../kernel/validation-error.ts'
import { createPersonalExchange } from './personal-exchange.ts'

interface Needs {
  readonly audit: Audit
  readonly authenticateClient: AuthenticateClient
  readonly verifyDpopProof: VerifyDpopProof
  readonly personal: PersonalTokenFinder
}

const endpoint: Endpoint = {
  id: 'token',
  group: 'flow',
  member: 'token_endpoint',
  standards: [rfc(6749, 'OAuth 2.0'), rfc(9068, 'JWT Access Tokens')],
  curl: (url) =>
    curlPost(
      url,
      EXAMPLE.client,
      '-d grant_type=authorization_code',
      '-d "code=$CODE"',
      `--data-urlencode redirect_uri=${EXAMPLE.redirectUri}`,
      `-d code_verifier=${EXAMPLE.verifier}`,
    ),
}

type Notes = Pick<GrantContext, 'noteIssued' | 'countIssued' | 'noteReplayed'>

const token: FastifyPluginAsyncTypebox<Needs> = async (app, { audit, authenticateClient, verifyDpopProof, personal }) => {
  const exchangePersonally = createPersonalExchange(app, { verifyDpopProof, personal })
  const handlers = [authorizationCode, refreshToken, clientCredentials, createDeviceCode(createPollPace())]
  const grants: ReadonlyMap<string, GrantHandler> = new Map(handlers.map((handler) => [handler.type, handler]))
  const { storage, jwt, settings, keyset, macKeys } = app
  const context: Omit<GrantContext, 'registry' | 'dpopJkt' | 'network' | keyof Notes> = {
    storage,
    jwt,
    settings,
    macKeys,
    newSecret,
    newId,
    subjectKey: keyset.subjectKey,
  }

  const aboutGrant = ({ id, clientId, userId, scopes }: Grant, username: string) => ({
    clientId,
    userId,
    details: fitDetails({ user: username, grant: id, scope: formatScope(scopes) }),
  })

  const notesOf = (request: FastifyRequest): Notes => ({
    noteIssued: (grant, username) =>
      audit.kept(audit.draft(request, { name: 'grant.issued', actor: `user ${username}`, ...aboutGrant(grant, username) })),
    countIssued: () => audit.count('grant.issued'),
    // The refusal doesn't wait for it.
    noteReplayed: (grant) =>
      void storage.users
        .find(grant.userId)
        .catch(() => undefined)
        .then((user) =>
          audit.noteSoon(request, { name: 'grant.replayed', actor: 'client', ...aboutGrant(grant, user?.username ?? grant.userId) }),
        ),
  })

  if (app.meter.isOn)
    app.addHook('onResponse', (request, _reply, done) => {
      const asked = (request.body as TokenRequest | undefined)?.grant_type ?? ''
      app.meter.count('tokens', { grant_type: grants.has(asked) ? asked : 'other', outcome: request.refusedWith ?? 'issued' })
      done()
    })

  app.post(
    PATHS.token,
    {
      attachValidation: true,
      config: { audience: 'api', endpoint, rateLimit: app.limits.token },
      schema: { body: TokenRequest, response: { 200: TokenResponse } },
    },
    async (request, reply) => {
      const surroundings = async () => ({
        ...context,
        network: networkOf(request.ip),
        ...notesOf(request),
        registry: await app.resourceRegistry(),
      })
      const exchanged = await exchangePersonally(request, reply, surroundings)
      if (exchanged !== undefined) return respond(request, reply, PERSONAL_TOKEN_CLIENT, exchanged)
      const client = await authenticateClient(request)
      requireShape(request)
      const form = withoutEmpty(request.body)
      const { grant_type: grantType } = form
      if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is required')
      const grant = grants.get(grantType)
      if (grantType === TOKEN_EXCHANGE && settings.personalTokens === 'on')
        throw new OAuthError('unauthorized_client', `only the client ${PERSONAL_TOKEN_CLIENT} exchanges tokens`)
      if (grant === undefined) throw new OAuthError('unsupported_grant_type', `grant_type must be ${[...grants.keys()].join(' or ')}`)
      const usable = checkGrantType(client, grant.type)
      if (!usable.ok) throw usable.error
      const proven = await verifyDpopProof(request, reply, { address: PATHS.token, isStrict: isFapi(client.metadata) })
      if (!proven.ok) throw new OAuthError(proven.error.code, proven.error.description)
      const dpopJkt = proven.value
      if (dpopJkt === undefined && client.metadata.dpopBoundAccessTokens === true) {
        throw new OAuthError('invalid_dpop_proof', 'a DPoP proof is required of this client')
      }
      await keyset.refresh(app.now())
      return respond(request, reply, client.id, await grant.exchange(form, client, { ...(await surroundings()), dpopJkt }, app.now()))
    },
  )

  async function respond(
    request: FastifyRequest,
    reply: FastifyReply,
    clientId: string,
    issued: Result<TokenResponse, OAuthError>,
  ): Promise<FastifyReply> {
    if (!issued.ok) {
      const { denial } = issued.error
      if (denial !== undefined)
        await audit.note(request, { name: 'access.denied', actor: 'client', clientId, details: fitDetails({ denial }) })
      throw issued.error
    }
    return reply.header('cache-control', 'no-store').header('pragma', 'no-cache').send(issued.value)
  }
}
export default fp(token, {
  name: 'token',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'resources', 'keys', 'clock', 'rate-limits', 'meter'],
})
