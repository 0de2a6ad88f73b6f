/** What an authorization request can bring the person who is logged in, under the access rules. Owns the words of a denial. */
import type { FastifyInstance } from 'fastify'
import { accessNow, describeDenial } from '../../domain/access/rights-now.ts'
import type { WantedAcr } from '../../domain/authorization/authentication.ts'
import { accessTo } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess } from '../../domain/authorization/requested-access.ts'
import { managementAddress } from '../../domain/management/management.ts'
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
  { session, user, groups, role }: BrowserSession,
  clientId: string,
): Promise<Rights<Access>> {
  if (role === undefined && asked.targets.some(({ identifier }) => identifier === managementAddress(app.settings.issuer)))
    return { access: asked, demanded: undefined, refused: withoutRole() }
  const asker = { user: { id: user.id, groups }, clientId, acr: session.acr }
  const { access, denials, isNothing } = accessNow(accessTo(asked, user), asker, await app.resourceRegistry())
  const values = denials.flatMap(({ stronger }) => stronger)
  const demanded = values.length === 0 ? undefined : { values, essential: isNothing }
  return { access, demanded, refused: isNothing ? refusal(denials.map(describeDenial).join('; '), demanded !== undefined) : undefined }
}

/** A token would open nothing (plugins/management/caller.ts): nobody is asked to allow what isn't there. */
const withoutRole = (): OAuthError =>
  new OAuthError('access_denied', 'this account has no role on this server', { denial: 'managing takes a role', page: { cause: 'role' } })

const refusal = (denial: string, isTooWeak: boolean): OAuthError =>
  isTooWeak
    ? new OAuthError('unmet_authentication_requirements', 'this account can not log in as strongly as what the app asks for needs', {
        denial,
        page: { cause: 'weak' },
      })
    : new OAuthError('access_denied', 'this account may not use what the app asks for', { denial, page: { cause: 'rule' } })
