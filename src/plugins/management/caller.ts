/**
 * Who calls the management API (threat-model.md T25): a client that an owner made for it, and a person with a role behind it, unless the
 * client acts for itself. Owns what a token must be; not what an operation does with the role of its actor.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MULTI_FACTOR, isMultiFactor } from '../../domain/authorization/authentication.ts'
import { KEY_NOT_PROVEN, keyOfAccessToken } from '../../domain/dpop/dpop-token.ts'
import { managementAddress, managementRole } from '../../domain/management/management.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { parseScope } from '../../domain/protocol/scope.ts'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'
import { ROLES, roleOf, suffices } from '../../domain/user/role.ts'
import type { Role } from '../../domain/user/role.ts'
import { roleNeeded, scopeNeeded } from '../../operations/operations.ts'
import type { OperationName } from '../../operations/operations.ts'
import type { FindAccessToken, LiveAccessToken } from '../authentication/access-tokens.ts'
import { headerToken } from '../authentication/bearer.ts'
import type { PresentedToken } from '../authentication/bearer.ts'
import type { VerifyDpopProof } from '../authentication/dpop.ts'
import { pathOf } from '../kernel/route-table.ts'

export interface CallerNeeds {
  readonly findAccessToken: FindAccessToken
  readonly verifyDpopProof: VerifyDpopProof
}

export interface Caller {
  /** As audit events have it: `user` or `client`, and which. */
  readonly name: string
  readonly role: Role
}

/**
 * Who asks for an operation.
 *
 * @throws {OAuthError} if nobody who may, with the challenge that says what is missing
 */
export type FindCaller = (request: FastifyRequest, reply: FastifyReply, operation: OperationName) => Promise<Caller>

export function createCallerFinder(
  app: FastifyInstance,
  { findAccessToken, verifyDpopProof }: CallerNeeds,
  metadataUrl: string,
): FindCaller {
  const { issuer, isOwnMachine, securityProfile } = app.settings
  const { origin } = new URL(issuer)
  const audience = managementAddress(issuer)

  const challenge = (reply: FastifyReply, error: OAuthError, more = '', scheme = 'Bearer'): OAuthError => {
    reply.header(
      'www-authenticate',
      `${scheme} error="${error.code}", error_description="${error.description}"${more}, resource_metadata="${metadataUrl}"`,
    )
    return error
  }
  const invalidToken = (reply: FastifyReply, problem: string, { scheme }: PresentedToken): OAuthError =>
    challenge(reply, new OAuthError('invalid_token', problem), '', scheme)

  async function checkPossession(presented: PresentedToken, { cnf }: AccessTokenClaims, request: FastifyRequest, reply: FastifyReply) {
    const bound = keyOfAccessToken(presented.scheme, cnf)
    if (!bound.ok) throw invalidToken(reply, bound.error, presented)
    if (bound.value === undefined) return
    const address = origin + pathOf(request.url)
    const isStrict = securityProfile === 'fapi2'
    const proven = await verifyDpopProof(request, reply, { address, accessToken: presented.token, isStrict })
    if (!proven.ok) throw challenge(reply, new OAuthError(proven.error.code, proven.error.description, { status: 401 }), '', 'DPoP')
    if (proven.value !== bound.value) throw invalidToken(reply, KEY_NOT_PROVEN, presented)
  }

  /** The role at this moment, of the person and the client, of which the lower one counts. */
  async function rolesOf({ claims, user }: LiveAccessToken): Promise<{ readonly role: Role | undefined; readonly name: string }> {
    const client = await app.storage.clients.find(claims.client_id)
    const most = client && managementRole(client)
    if (user === undefined) return { role: most, name: `client ${claims.client_id}` }
    const person = await app.storage.users.find(user.id)
    const held = person && roleOf(person)
    const lower = [...ROLES].reverse().find((role) => suffices(held, role) && suffices(most, role))
    return { role: lower, name: `user ${user.username}` }
  }

  return async (request, reply, operation) => {
    const presented = headerToken(request)
    if (presented === undefined) {
      reply.header('www-authenticate', `Bearer resource_metadata="${metadataUrl}"`)
      throw new OAuthError('invalid_token', 'an access token is required')
    }
    const live = await findAccessToken(presented.token)
    if (live === undefined || live.claims.aud !== audience || live.rights.scopes === undefined)
      throw invalidToken(reply, 'the access token is invalid, expired, revoked or not for the management API', presented)
    const { claims, user } = live
    await checkPossession(presented, claims, request, reply)
    if (user !== undefined && !isOwnMachine && !isMultiFactor(claims))
      throw challenge(
        reply,
        new OAuthError('insufficient_user_authentication', 'managing the server takes a login with a second factor', { status: 401 }),
        `, acr_values="${MULTI_FACTOR}"`,
        presented.scheme,
      )
    const { role, name } = await rolesOf(live)
    if (role === undefined) throw new OAuthError('access_denied', `${name} has no role on this server`, { status: 403 })
    const scope = scopeNeeded(operation)!
    if (!parseScope(claims.scope).includes(scope))
      throw challenge(
        reply,
        new OAuthError('insufficient_scope', `the access token lacks the scope ${scope}`),
        `, scope="${scope}"`,
        presented.scheme,
      )
    const needed = roleNeeded(operation)
    if (!suffices(role, needed))
      throw new OAuthError('access_denied', `this takes the role ${needed}, and ${name} is ${role}`, { status: 403 })
    return { name, role }
  }
}
