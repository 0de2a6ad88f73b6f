/** GET and POST /userinfo (OpenID Connect Core section 5.3), as JSON or signed, with the errors of RFC 6750 section 3. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { userInfoClaims } from '../domain/claims.ts'
import { OAuthError } from '../domain/errors.ts'
import type { SigningAlg } from '../domain/records.ts'
import { parseScope } from '../domain/scope.ts'
import { PATHS } from '../schemas/paths.ts'
import { UserInfo } from '../schemas/userinfo.ts'
import { askForToken, bearerToken, challenge } from './shared/bearer.ts'
import { withoutEmpty } from './shared/shape.ts'

const userinfo: FastifyPluginAsyncTypebox = async (app) => {
  const { issuer } = app.settings

  app.route({
    method: ['GET', 'POST'],
    url: PATHS.userinfo,
    schema: { response: { 200: UserInfo } },
    handler: async (request, reply) => {
      const live = await app.findAccessToken(accessToken(request, reply))
      if (live === undefined) throw challenge(reply, new OAuthError('invalid_token', 'the access token is invalid, expired or revoked'))
      const scopes = parseScope(live.claims.scope)
      if (live.user === undefined || !scopes.includes('openid')) throw challenge(reply, new OAuthError('insufficient_scope', 'the access token lacks the scope openid'), ', scope="openid"')
      const { sub, client_id: aud, userinfo_alg: alg } = live.claims
      const info = userInfoClaims(live.user, sub, scopes, live.requested?.userinfo)
      reply.header('cache-control', 'no-store')
      if (alg === undefined) return reply.send(info)
      return sendSigned(reply, { iss: issuer, aud, ...info }, alg)
    },
  })

  /** Section 5.3.2: signed, it names the issuer and the client. */
  async function sendSigned(reply: FastifyReply, claims: UserInfo & { iss: string; aud: string }, alg: SigningAlg): Promise<void> {
    await reply.type('application/jwt').send(await app.jwt.signUserInfo(claims, alg))
  }

  /** RFC 6750 sections 2.1 and 2.2: from the header, or from the form of a post; never from the URL. */
  function accessToken(request: FastifyRequest, reply: FastifyReply): string {
    const header = bearerToken(request)
    const field = withoutEmpty((request.body ?? {}) as { access_token?: unknown }).access_token
    if (Array.isArray(field)) throw challenge(reply, new OAuthError('invalid_request', 'access_token must not be repeated'))
    if (header !== undefined && field !== undefined) throw challenge(reply, new OAuthError('invalid_request', 'the access token was sent twice'))
    const token = header ?? field
    if (typeof token === 'string') return token
    throw askForToken(reply, 'an access token is required')
  }
}
export default fp(userinfo, { name: 'userinfo', encapsulate: true, dependencies: ['settings', 'keys', 'access-tokens', 'errors'] })
