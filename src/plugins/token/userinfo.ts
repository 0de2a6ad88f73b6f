/**
 * GET and POST /userinfo (OpenID Connect Core section 5.3), as JSON or signed. Owns the checks of the token and their challenges (RFC
 * 6750 section 3, RFC 9449 section 7.1); not which claims a scope gives (domain/token/claims.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { namedGroups } from '../../domain/access/group.ts'
import { KEY_NOT_PROVEN, keyOfAccessToken } from '../../domain/dpop/dpop-token.ts'
import type { Confirmation } from '../../domain/dpop/dpop-token.ts'
import type { SigningAlg } from '../../domain/key/stored-key.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { parseScope } from '../../domain/protocol/scope.ts'
import { userInfoClaims } from '../../domain/token/claims.ts'
import { PATHS } from '../../schemas/paths.ts'
import { UserInfo } from '../../schemas/userinfo.ts'
import type { FindAccessToken } from '../authentication/access-tokens.ts'
import { askForToken, challenge, headerToken } from '../authentication/bearer.ts'
import type { PresentedToken } from '../authentication/bearer.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import { curl, openid, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { withoutEmpty } from '../kernel/validation-error.ts'

interface Needs {
  readonly findAccessToken: FindAccessToken
  readonly verifyDpopProof: VerifyDpopProof
}

const endpoint: Endpoint = {
  id: 'userinfo',
  group: 'flow',
  member: 'userinfo_endpoint',
  standards: [openid('OpenID Connect', 'openid-connect-core-1_0'), rfc(6750, 'Bearer Tokens')],
  curl: (url) => curl(`-i '${url}'`, '-H "Authorization: Bearer $ACCESS_TOKEN"'),
}

const userinfo: FastifyPluginAsyncTypebox<Needs> = async (app, { findAccessToken, verifyDpopProof }) => {
  const { issuer, securityProfile } = app.settings
  const isStrict = securityProfile === 'fapi2'

  app.route({
    method: ['GET', 'POST'],
    url: PATHS.userinfo,
    config: { audience: 'api', endpoint },
    schema: { response: { 200: UserInfo } },
    handler: async (request, reply) => {
      const presented = accessToken(request, reply)
      const { scheme } = presented
      const live = await findAccessToken(presented.token)
      if (live === undefined)
        throw challenge(reply, new OAuthError('invalid_token', 'the access token is invalid, expired or revoked'), '', scheme)
      const unproven = await checkPossession(presented, live.claims.cnf, request, reply)
      if (unproven !== undefined) throw challenge(reply, unproven, '', scheme)
      const scopes = parseScope(live.claims.scope)
      if (live.user === undefined || !scopes.includes('openid'))
        throw challenge(reply, new OAuthError('insufficient_scope', 'the access token lacks the scope openid'), ', scope="openid"', scheme)
      const { sub, client_id: aud, userinfo_alg: alg } = live.claims
      const groups = namedGroups((await app.resourceRegistry()).find(live.claims.aud), live.groups)
      const info = userInfoClaims(live.user, sub, scopes, live.requested?.userinfo, groups)
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
  function accessToken(request: FastifyRequest, reply: FastifyReply): PresentedToken {
    const header = headerToken(request)
    const field = withoutEmpty((request.body ?? {}) as { access_token?: unknown }).access_token
    if (Array.isArray(field)) throw challenge(reply, new OAuthError('invalid_request', 'access_token must not be repeated'))
    if (header !== undefined && field !== undefined)
      throw challenge(reply, new OAuthError('invalid_request', 'the access token was sent twice'))
    if (header !== undefined) return header
    if (typeof field === 'string') return { token: field, scheme: 'Bearer' }
    throw askForToken(reply, 'an access token is required')
  }

  /** A token that is bound to a key counts with a proof of that key, and no other token comes as one. */
  async function checkPossession(
    { token, scheme }: PresentedToken,
    cnf: Confirmation | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<OAuthError | undefined> {
    const bound = keyOfAccessToken(scheme, cnf)
    if (!bound.ok) return new OAuthError('invalid_token', bound.error)
    if (bound.value === undefined) return undefined
    const proven = await verifyDpopProof(request, reply, { address: PATHS.userinfo, accessToken: token, isStrict })
    if (!proven.ok) return new OAuthError(proven.error.code, proven.error.description, { status: 401 })
    return proven.value === bound.value ? undefined : new OAuthError('invalid_token', KEY_NOT_PROVEN)
  }
}
export default fp(userinfo, { name: 'userinfo', encapsulate: true, dependencies: ['settings', 'keys', 'resources'] })
