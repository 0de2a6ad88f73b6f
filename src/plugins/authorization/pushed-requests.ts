/**
 * POST /par (RFC 9126 section 2): a client hands in an authorization request and gets a `request_uri` for it. Owns the phases; not what
 * a request may ask for, which is validated here as at /authorize, and there once more.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { newSecret } from '../../crypto/random.ts'
import { PUSHED_REQUEST_TTL, pushedRequestUri } from '../../domain/authorization/pushed-request.ts'
import { isFapi } from '../../domain/client/security-profile.ts'
import { bindRequest } from '../../domain/dpop/dpop-binding.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { isAuthorizationParameter } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import { PushedRequest, PushedRequestResponse } from '../../schemas/pushed-request.ts'
import type { AuthenticateClient } from '../authentication/client-authentication.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import { curlPost, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { requireShape, withoutEmpty } from '../kernel/validation-error.ts'
import type { Authorization } from './authorization.ts'
import { queryOf, tooLong } from './post-to-get.ts'
import type { OpenRequestObject } from './request-objects.ts'

interface Needs {
  readonly authorization: Authorization
  readonly authenticateClient: AuthenticateClient
  readonly verifyDpopProof: VerifyDpopProof
  readonly openRequestObject: OpenRequestObject
}

const endpoint: Endpoint = {
  id: 'pushed_request',
  group: 'flow',
  member: 'pushed_authorization_request_endpoint',
  standards: [rfc(9126, 'Pushed Authorization Requests')],
  curl: (url) =>
    curlPost(
      url,
      EXAMPLE.client,
      '-d response_type=code',
      `--data-urlencode redirect_uri=${EXAMPLE.redirectUri}`,
      `-d code_challenge=${EXAMPLE.challenge}`,
      '-d code_challenge_method=S256',
    ),
}

const pushedRequests: FastifyPluginAsyncTypebox<Needs> = async (
  app,
  { authenticateClient, verifyDpopProof, openRequestObject, authorization },
) => {
  app.post(
    PATHS.pushedRequests,
    {
      attachValidation: true,
      config: { audience: 'api', endpoint, rateLimit: app.limits.token },
      schema: { body: PushedRequest, response: { 201: PushedRequestResponse } },
    },
    async (request, reply) => {
      const client = await authenticateClient(request)
      requireShape(request)
      // Credentials are not germane to the authorization request (RFC 9126 section 2.1), and are never kept.
      const own = Object.entries(withoutEmpty(request.body)).filter(([name]) => isAuthorizationParameter(name))
      const given = { ...Object.fromEntries(own), client_id: client.id }
      if ('request_uri' in given) throw new OAuthError('invalid_request', 'request_uri must not be pushed')

      const opened = await openRequestObject(request, client, given)
      if (!opened.ok) throw opened.error
      const proven = await verifyDpopProof(request, reply, { address: PATHS.pushedRequests, isStrict: isFapi(client.metadata) })
      if (!proven.ok) throw new OAuthError(proven.error.code, proven.error.description)
      const bound = bindRequest(opened.value, proven.value)
      if (!bound.ok) throw bound.error
      const problem = tooLong(queryOf(bound.value))
      if (problem !== undefined) throw new OAuthError(problem.code, problem.description, { status: 413 })
      const validated = await authorization.validateParameters(client, bound.value)
      if (validated.request instanceof OAuthError) throw validated.request

      const requestUri = pushedRequestUri(newSecret())
      const expiresAt = app.now() + PUSHED_REQUEST_TTL * 1000
      await app.storage.pushedRequests.insert({
        requestUriHash: sha256(requestUri),
        clientId: client.id,
        parameters: bound.value,
        expiresAt,
      })
      return reply.code(201).header('cache-control', 'no-store').send({ request_uri: requestUri, expires_in: PUSHED_REQUEST_TTL })
    },
  )
}
export default fp(pushedRequests, {
  name: 'pushed-requests',
  encapsulate: true,
  dependencies: ['storage', 'clock', 'rate-limits'],
})
