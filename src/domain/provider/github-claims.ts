/** What GitHub's API says about an account (threat-model.md T20). The login can be renamed and taken by somebody else: the number counts. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import type { JsonObject } from '../protocol/json.ts'
import { isJsonObject } from '../protocol/json.ts'
import { parseEmail } from './email.ts'
import type { IdentityClaims } from './identity.ts'

/**
 * @param user of `/user`
 * @param emails of `/user/emails`
 * @param organizations of `/user/orgs`
 * @param teams of `/user/teams`
 */
export function readGithubClaims(
  issuer: string,
  user: JsonObject,
  emails: readonly JsonObject[],
  organizations: readonly JsonObject[],
  teams: readonly JsonObject[],
): Result<IdentityClaims, string> {
  const { id, login } = user
  if (!Number.isSafeInteger(id)) return err('GitHub says no id of the account')
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
  const logins = organizations.flatMap((each) => text(each['login'])?.toLowerCase() ?? [])
  const slugs = teams.flatMap(({ slug, organization }) => {
    const owner = isJsonObject(organization) ? text(organization['login']) : undefined
    return owner === undefined || text(slug) === undefined ? [] : `${owner}/${String(slug)}`.toLowerCase()
  })
  const primary = emails.find((each) => each['primary'] === true)
  const email = parseEmail(text(primary?.['email']) ?? '')
  return ok({
    issuer,
    subject: String(id),
    email,
    emailVerified: email !== undefined && primary!['verified'] === true,
    organizations: logins,
    teams: slugs,
    username: text(login),
    name: text(user['name']) ?? text(login),
    picture: text(user['avatar_url']),
    named: { id, login, organizations: logins, teams: slugs },
  })
}
