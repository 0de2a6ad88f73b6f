/** Authorization codes, each with the grant that it is redeemed for. Owns what of the request and the login goes into them. */
import type { FastifyInstance } from 'fastify'
import { newRecordId, newSecret } from '../../crypto/random.ts'
import { statedAcr } from '../../domain/authorization/authentication.ts'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { PUSHED_REQUEST_TTL } from '../../domain/authorization/pushed-request.ts'
import { permissions } from '../../domain/authorization/requested-access.ts'
import { TRANSACTION_LIFETIME_MS } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import type { Client } from '../../domain/client/client.ts'
import { codeTtlOf } from '../../domain/client/security-profile.ts'
import { sectorNow } from '../../domain/client/subject.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { formatTokenHandle } from '../../domain/token/token-handle.ts'
import type { BrowserSession } from '../login/session.ts'

interface Issued {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly asked: AuthorizationRequest
  readonly by: BrowserSession
  readonly transaction: Transaction
}

export interface AuthorizationCodes {
  /**
   * A new code. A pushed request yields one (RFC 9126 section 7.3), and `undefined` later: its use is remembered until the last page that
   * shows it expires.
   */
  issue(issued: Issued): Promise<string | undefined>
}

export function createAuthorizationCodes(app: FastifyInstance): AuthorizationCodes {
  const { codeTtl } = app.settings

  return {
    async issue({ client, redirect, asked, by: { session, user }, transaction: { pushedAs } }) {
      const now = app.now()
      const grantId = newRecordId(now)
      const code = formatTokenHandle(grantId, newSecret())
      const expiresAt = now + codeTtlOf(client.metadata, codeTtl) * 1000
      const { nonce, codeChallenge, claims, dpopJkt } = asked
      const scopes = permissions(asked)
      const resources = asked.targets.map(({ identifier }) => identifier)
      const { sid } = session
      const sector = sectorNow(client.metadata)
      // OpenID Connect Back-Channel Logout section 2.3: the client is remembered, to be notified of the logout.
      if (client.metadata.backchannelLogoutUri !== undefined && scopes.includes('openid')) {
        await app.storage.logoutNotices.insert({ sid, clientId: client.id, userId: user.id, sector }, session.expiresAt)
      }
      const isIssued = await app.storage.grants.issue(
        {
          id: grantId,
          userId: user.id,
          clientId: client.id,
          sid,
          sector,
          scopes,
          resources,
          nonce,
          claims,
          authTime: session.authTime,
          amr: session.amr,
          acr: statedAcr(session.acr, asked.acr),
          identityId: session.identityId,
          createdAt: now,
          expiresAt,
        },
        { codeHash: sha256(code), grantId, redirectUri: redirect.uri, redirectUriGiven: redirect.given, codeChallenge, dpopJkt, expiresAt },
        pushedAs === undefined
          ? undefined
          : { requestUriHash: pushedAs, rememberedUntil: now + PUSHED_REQUEST_TTL * 1000 + TRANSACTION_LIFETIME_MS },
      )
      return isIssued ? code : undefined
    },
  }
}
