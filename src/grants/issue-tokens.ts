/** Makes a token response (RFC 6749 section 5.1): an access token, an id_token for `openid`, and a refresh token if there is one. */
import { accessTokenHash, idTokenClaims } from '../domain/token/claims.ts'
import { ID_TOKEN_ALGS } from '../domain/client/client-metadata.ts'
import { userClaims } from '../domain/user/user-claims.ts'
import type { Client } from '../domain/client/client.ts'
import { sessionIdOf, subjectOf } from '../domain/client/subject.ts'
import type { Grant } from '../domain/token/grant.ts'
import { formatScope } from '../domain/protocol/scope.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import type { TokenResponse } from '../schemas/token.ts'
import type { NewAccessToken } from './access-token.ts'
import type { GrantContext } from './grant.ts'

export async function issueTokens(
  context: GrantContext,
  client: Client,
  grant: Grant,
  target: TokenTarget,
  accessToken: NewAccessToken,
  refreshToken: string | undefined,
  now: number,
): Promise<TokenResponse> {
  const access_token = await accessToken.serialize()
  const id_token = target.scopes.includes('openid') ? await newIdToken(context, client, grant, access_token, now) : undefined
  return {
    access_token,
    token_type: accessToken.type,
    expires_in: accessToken.ttl,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    scope: formatScope(target.scopes),
    ...(id_token !== undefined && { id_token }),
  }
}

async function newIdToken(
  { jwt, settings, storage, subjectKey }: GrantContext,
  client: Client,
  grant: Grant,
  accessToken: string,
  now: number,
): Promise<string> {
  const { issuer, accessTokenTtl: ttl } = settings
  const alg = client.metadata.idTokenSignedResponseAlg ?? ID_TOKEN_ALGS[0]
  const wanted = grant.claims?.idToken ?? {}
  // The user is only needed if the request asked for claims by name.
  const user = Object.keys(wanted).length > 0 ? await storage.users.find(grant.userId) : undefined
  const requested = user === undefined ? {} : userClaims(user, [], wanted)
  const atHash = accessTokenHash(accessToken, alg)
  const subject = subjectOf(client.metadata, grant, subjectKey)
  const sid = grant.sid === undefined ? undefined : sessionIdOf({ ...grant, sid: grant.sid }, subjectKey)
  return jwt.signIdToken(idTokenClaims({ ...grant, sid }, { issuer, subject, atHash, requested, now, ttl }), alg)
}
