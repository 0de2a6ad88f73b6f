/** What an authorization request can bring the person who is logged in, under the access rules. Owns the words of a denial. */
import type { FastifyInstance } from 'fastify'
import { accessNow, describeDenial } from '../../domain/access/rights-now.ts'
import type { WantedAcr } from '../../domain/authorization/authentication.ts'
import { accessTo } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess } from '../../domain/authorization/requested-access.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { BrowserSession } from '../login/session.ts'

export interface Rights<Access extends RequestedAccess> {
  readonly access: Access
  /** The logins that would bring more, if there are any: essential if nothing may be used without one. */
  readonly demanded: WantedAcr | undefined
  /** If nothing that was asked for may be used, and no stronger login of this person changes that. */
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
  const values = denials.flatMap(({ stronger }) => stronger)
  const demanded = values.length === 0 ? undefined : { values, essential: isNothing }
  return { access, demanded, refused: isNothing ? refusal(denials.map(describeDenial).join('; '), demanded !== undefined) : undefined }
}

const refusal = (denial: string, isTooWeak: boolean): OAuthError =>
  isTooWeak
    ? new OAuthError('unmet_authentication_requirements', 'this account can not log in as strongly as what the app asks for needs', {
        denial,
        page: { cause: 'weak' },
      })
    : new OAuthError('access_denied', 'this account may not use what the app asks for', { denial, page: { cause: 'rule' } })
