/** What an authorization request can bring the person who is logged in, under the access rules. Owns the words of a denial. */
import type { FastifyInstance } from 'fastify'
import { accessNow, describeDenial } from '../../domain/access/rights-now.ts'
import { accessTo } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess } from '../../domain/authorization/requested-access.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { BrowserSession } from '../login/session.ts'

export interface Rights<Access extends RequestedAccess> {
  readonly access: Access
  /** If nothing that was asked for may be used. */
  readonly refused: OAuthError | undefined
}

export async function rightsOf<Access extends RequestedAccess>(
  app: FastifyInstance,
  asked: Access,
  { session, user, groups }: BrowserSession,
  clientId: string,
): Promise<Rights<Access>> {
  const asker = { user: { id: user.id, groups }, clientId, acr: session.acr }
  const { access, denials, isNothing } = accessNow(accessTo(asked, user), asker, await app.resourceRegistry())
  if (!isNothing) return { access, refused: undefined }
  const denial = denials.map(describeDenial).join('; ')
  return {
    access,
    refused: new OAuthError('access_denied', 'this account may not use what the app asks for', { denial, page: { cause: 'rule' } }),
  }
}
