/**
 * GET and POST /authorize (RFC 6749 section 3.1). Owns how a request arrives: new, posted, or back from a page; not what it needs
 * next (authorization.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { AuthorizationParameters } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import { curl, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { validationError } from '../kernel/validation-error.ts'
import type { Authorization } from './authorization.ts'
import { redirectPostToGet, tooLong } from './post-to-get.ts'

const endpoint: Endpoint = {
  id: 'authorization',
  group: 'flow',
  member: 'authorization_endpoint',
  standards: [rfc(6749, 'OAuth 2.0'), rfc(7636, 'PKCE'), rfc(8707, 'Resource Indicators'), rfc(9207, 'Issuer Identification')],
  curl: (url) =>
    curl(
      `-sG '${url}'`,
      "-o /dev/null -w '%{url_effective}\\n'",
      '-d response_type=code',
      '-d "client_id=$CLIENT_ID"',
      `--data-urlencode redirect_uri=${EXAMPLE.redirectUri}`,
      '-d scope=openid -d state=xyz',
      `-d code_challenge=${EXAMPLE.challenge}`,
      '-d code_challenge_method=S256',
    ),
}

const authorize: FastifyPluginAsyncTypebox<{ authorization: Authorization }> = async (app, { authorization }) => {
  app.get(
    PATHS.authorize,
    { attachValidation: true, schema: { querystring: AuthorizationParameters }, config: { audience: 'either', endpoint } },
    async (request, reply) => {
      const transaction = resumed(request.query)
      if (transaction !== undefined) return authorization.proceed(request, reply, request.openTransaction(transaction))
      const { parameters, pushedAs, ...validated } = await authorization.receiveAuthorization(
        request,
        request.query,
        validationError(request) ?? tooLong(request.url),
      )
      // Only a browser that gets a page has to be bound; one that is redirected with an error needs no cookie.
      const browserHash = validated.request instanceof OAuthError ? '' : reply.bindBrowser()
      return authorization.runNextStep(request, reply, validated, { parameters, pushedAs, startedAt: app.now(), browserHash })
    },
  )

  app.post(PATHS.authorize, { config: { audience: 'either' } }, async (request, reply) =>
    redirectPostToGet(reply, app.settings.base + PATHS.authorize, request.body),
  )
}

function resumed(query: object): string | undefined {
  const { transaction } = query as { transaction?: unknown }
  return typeof transaction === 'string' ? transaction : undefined
}

export default fp(authorize, { name: 'authorize', encapsulate: true, dependencies: ['settings', 'clock', 'browser-binding'] })
