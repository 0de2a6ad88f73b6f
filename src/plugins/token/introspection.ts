/**
 * POST /introspect (RFC 7662), as JSON or signed (RFC 9701). Owns who may learn of a token: the client that it was issued to, and of an access token also its resource.
 * To everyone else it is unknown.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { namedGroups } from '../../domain/access/group.ts'
import { reachedAcr } from '../../domain/authorization/authentication.ts'
import { grantNow } from '../../domain/access/rights-now.ts'
import { isPublicClient } from '../../domain/client/client-metadata.ts'
import type { Client } from '../../domain/client/client.ts'
import { RESPONSE_ALGS } from '../../domain/client/response-members.ts'
import { subjectOf } from '../../domain/client/subject.ts'
import { schemeOf } from '../../domain/dpop/dpop-token.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { resourceKey } from '../../domain/protocol/resource-indicator.ts'
import { formatScope, permittedScopes } from '../../domain/protocol/scope.ts'
import { parseTokenHandle } from '../../domain/token/token-handle.ts'
import type { TokenHandle } from '../../domain/token/token-handle.ts'
import { PATHS } from '../../schemas/paths.ts'
import { IntrospectionResponse, TokenParameter } from '../../schemas/token.ts'
import type { AskedToken } from '../authentication/access-tokens.ts'
import type { AuthenticateCaller, Caller, ReadCaller } from '../authentication/client-authentication.ts'
import { curlPost, EXAMPLE, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import { createFailureLimit } from '../kernel/rate-limits.ts'
import { requireShape, withoutEmpty } from '../kernel/validation-error.ts'

interface Needs {
  readonly authenticateCaller: AuthenticateCaller
  readonly askAbout: (token: string) => AskedToken
}

/** The media type of a signed answer, for those who accept it. */
const SIGNED = 'application/token-introspection+jwt'

const endpoint: Endpoint = {
  id: 'introspection',
  group: 'flow',
  member: 'introspection_endpoint',
  standards: [rfc(7662, 'Token Introspection')],
  curl: (url) => curlPost(url, EXAMPLE.client, '-d "token=$ACCESS_TOKEN"'),
}

const introspection: FastifyPluginAsyncTypebox<Needs> = async (app, { authenticateCaller, askAbout }) => {
  const { grants, users } = app.storage
  const { issuer, accessTokenAlg } = app.settings
  // MCP servers may ask for every request that they get, so only failures are counted.
  const limitFailures = createFailureLimit(app)

  app.post(
    PATHS.introspect,
    {
      attachValidation: true,
      schema: { body: TokenParameter, response: { 200: IntrospectionResponse } },
      config: { audience: 'api', endpoint },
    },
    async (request, reply) => {
      const token = request.validationError === undefined ? withoutEmpty(request.body).token : undefined
      const handle = token === undefined ? undefined : parseTokenHandle(token)
      const asked = token === undefined ? undefined : askAbout(token)
      const caller = await limitFailures(request, () => authenticate(request, handle === undefined ? asked?.readCaller : undefined))
      requireShape(request)
      if (asked === undefined) throw new OAuthError('invalid_request', 'token is required')
      const described = (await describeRefreshToken(handle, caller)) ?? (await describeAccessToken(asked, caller))
      const answer = described ?? { active: false }
      reply.header('cache-control', 'no-store')
      if (request.headers.accept?.includes(SIGNED) !== true) return reply.send(answer)
      return sendSigned(reply, answer, caller)
    },
  )

  /** RFC 9701 section 5: a resource gets it as it gets its access tokens, a client as it registered. */
  async function sendSigned(reply: FastifyReply, answer: IntrospectionResponse, caller: Caller): Promise<void> {
    const now = app.now()
    await app.keyset.refresh(now)
    const { client } = caller
    const alg = client === undefined ? (caller.resource.accessTokenAlg ?? accessTokenAlg) : introspectionAlg(client)
    const members = Object.entries(answer).filter(([name]) => Object.hasOwn(IntrospectionResponse.properties, name))
    const claims = {
      iss: issuer,
      aud: client === undefined ? caller.resource.identifier : client.id,
      iat: Math.floor(now / 1000),
      token_introspection: Object.fromEntries(members),
    }
    await reply.type(SIGNED).send(await app.jwt.signIntrospection(claims, alg))
  }

  async function authenticate(request: FastifyRequest, read: ReadCaller | undefined): Promise<Caller> {
    const caller = await authenticateCaller(request, read)
    // RFC 7662 section 2.1: an unauthenticated caller could try tokens out.
    if (caller.client !== undefined && isPublicClient(caller.client))
      throw new OAuthError('invalid_client', 'introspection needs a client with a secret or a key')
    return caller
  }

  async function describeAccessToken(asked: AskedToken, caller: Caller): Promise<IntrospectionResponse | undefined> {
    const live = await asked.find()
    if (live === undefined) return undefined
    const { groups: _issued, ...claims } = live.claims
    const { scopes } = live.rights
    // Without any right at its resource, it is good for nothing there.
    if (scopes === undefined) return undefined
    const { client, resource } = caller
    const theirs = client !== undefined ? claims.client_id === client.id : resourceKey(claims.aud) === resourceKey(resource.identifier)
    if (!theirs) return undefined
    const named = client === undefined || mayKnowUsername(client, claims.scope.split(' '))
    const groups = namedGroups((await app.resourceRegistry()).find(claims.aud), live.groups)
    // The schema leaves out what is ours alone.
    return {
      active: true,
      token_type: schemeOf(claims.cnf?.jkt),
      ...(live.user !== undefined && named && { username: live.user.username }),
      ...claims,
      scope: formatScope(scopes),
      ...(groups !== undefined && { groups }),
    }
  }

  /** A refresh token is for the eyes of its client and of this server alone. */
  async function describeRefreshToken(presented: TokenHandle | undefined, { client }: Caller): Promise<IntrospectionResponse | undefined> {
    if (client === undefined || presented === undefined) return undefined
    const found = await grants.findRefreshToken(presented.grantId, presented.hash)
    if (found === undefined || found.grant.clientId !== client.id) return undefined
    const { token: refresh, grant } = found
    const now = app.now()
    if (grant.revokedAt !== undefined || grant.expiresAt <= now || refresh.usedAt !== undefined || refresh.expiresAt <= now)
      return undefined
    const asker = { user: { id: grant.userId, groups: found.groups }, clientId: client.id, acr: reachedAcr(grant) }
    const scopes = permittedScopes(grantNow(grant, asker, await app.resourceRegistry()).grant.scopes)
    const user = mayKnowUsername(client, scopes) ? await users.find(grant.userId) : undefined
    return {
      active: true,
      ...(user !== undefined && { username: user.username }),
      iss: issuer,
      sub: subjectOf(client.metadata, grant, app.keyset.subjectKey),
      client_id: grant.clientId,
      scope: formatScope(scopes),
      iat: Math.floor(refresh.createdAt / 1000),
      exp: Math.floor(refresh.expiresAt / 1000),
    }
  }
}

const introspectionAlg = ({ metadata }: Client) => metadata.introspectionSignedResponseAlg ?? RESPONSE_ALGS[0]

/** The name belongs to the scope `profile` (OpenID Connect Core section 5.4), and would undo a pairwise subject (section 8.1). */
const mayKnowUsername = ({ metadata }: Client, scopes: readonly string[]): boolean =>
  scopes.includes('profile') && metadata.subjectType !== 'pairwise'

export default fp(introspection, {
  name: 'introspection',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'resources', 'keys', 'clock', 'rate-limits'],
})
