/** Makes a token response (RFC 6749 section 5.1): access token, id_token with `openid`, and the refresh token if there is one. */
import { idTokenClaims } from '../domain/claims.ts'
import { ID_TOKEN_ALGS } from '../domain/client-metadata.ts'
import type { Client, Grant } from '../domain/records.ts'
import { formatScope } from '../domain/scope.ts'
import type { TokenTarget } from '../domain/token-target.ts'
import type { TokenResponse } from '../schemas/token.ts'
import type { NewAccessToken } from './access-token.ts'
import type { GrantContext } from './grant.ts'

export async function issueTokens(
  { jwt, settings, subjectOf }: GrantContext,
  client: Client,
  grant: Grant,
  target: TokenTarget,
  accessToken: NewAccessToken,
  refreshToken: string | undefined,
  now: number,
): Promise<TokenResponse> {
  const { issuer, accessTokenTtl } = settings
  const subject = subjectOf(client, grant.userId)
  const idToken = target.scopes.includes('openid')
    ? jwt.signIdToken(idTokenClaims(grant, { issuer, subject, now, ttl: accessTokenTtl }), client.metadata.idTokenSignedResponseAlg ?? ID_TOKEN_ALGS[0])
    : undefined
  const [access_token, id_token] = await Promise.all([accessToken.reveal(), idToken])
  return {
    access_token,
    token_type: accessToken.type,
    expires_in: accessToken.ttl,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    scope: formatScope(target.scopes),
    ...(id_token !== undefined && { id_token }),
  }
}
