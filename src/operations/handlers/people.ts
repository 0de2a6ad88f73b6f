/** Handlers of operations on people and their groups, and on what belongs to somebody. */
import { ok } from '../../domain/protocol/result.ts'
import * as groups from '../access/groups.ts'
import type { OperationContext } from '../context.ts'
import { parseLimit } from '../limits.ts'
import { grantJson, listGrants, revokeGrant } from '../grants.ts'
import type { Outcome } from '../outcome.ts'
import { endSession, endUserSessions, listSessions, sessionJson } from '../sessions.ts'
import { resetFactors } from '../users/factors.ts'
import { unlinkUser } from '../users/identities.ts'
import * as links from '../users/links.ts'
import type { MadeLink } from '../users/links.ts'
import { listPersonalTokens, personalTokenJson, revokePersonalToken } from '../users/personal-tokens.ts'
import { changeRole } from '../users/roles.ts'
import { addUser, changePassword } from '../users/user-credentials.ts'
import { userJson, waysInJson } from '../users/user-json.ts'
import * as users from '../users/users.ts'
import type { User } from '../../domain/user/user.ts'
import type { PEOPLE_ROUTES } from '../../schemas/management/people.ts'
import { camelCased, nothing, numberOf, page, readCursor, readKey, shown, withValue } from './handler.ts'
import type { Handlers } from './handler.ts'

type Params = Readonly<Record<string, string>>

const onUser = <R>(context: OperationContext, { username }: Params, work: (user: User) => Promise<Outcome<R>>): Promise<Outcome<R>> =>
  withValue(users.findUser(context, username!), work)

/** Changes a user, and shows who it is now. */
const change = (context: OperationContext, params: Params, work: (user: User) => Promise<Outcome<unknown>>) =>
  onUser(context, params, (user) => withValue(work(user), () => shown(users.findUser(context, user.username), userJson)))

/** Who else has an address that somebody was given: apps that know people by it take them for one. */
async function sharersOf(context: OperationContext, email: string | undefined, username = '') {
  const sharers = email === undefined || email === '' ? [] : await users.findSharers(context, email, username)
  return sharers.length === 0 ? {} : { email_shared_with: sharers }
}

/** The link is answered once, unless it went by mail. */
const madeLinkJson =
  (username?: string) =>
  ({ link, url, mail }: MadeLink): MadeLinkJson => {
    const members = links.linkJson({ link, username })
    if (mail === undefined) return { ...members, url }
    const { to, problem } = mail
    return problem === undefined ? { ...members, mailed_to: to } : { ...members, url, not_mailed: { to, problem } }
  }

type MadeLinkJson = ReturnType<typeof links.linkJson> & {
  readonly url?: string
  readonly mailed_to?: string
  readonly not_mailed?: { readonly to: string; readonly problem: string }
}

const makeLinkFor = (context: OperationContext, params: Params, work: (user: User) => Promise<Outcome<MadeLink>>) =>
  onUser(context, params, (user) => shown(work(user), madeLinkJson(user.username)))

const LIMITS = { usual: 50, max: 1000 }

export const PEOPLE_HANDLERS = {
  'user.list': async (context, { query }) => {
    const [limit, after] = [parseLimit(numberOf(query.limit), LIMITS), readCursor(query.cursor)]
    if (!limit.ok) return limit
    if (!after.ok) return after
    const found = await context.storage.users.listFrom({ after: after.value, prefix: query.prefix, limit: limit.value + 1 })
    return ok(
      page(
        found.slice(0, limit.value).map(userJson),
        found.length > limit.value,
        found.length > limit.value ? found[limit.value - 1]!.username : undefined,
      ),
    )
  },
  'user.add': async (context, { body }) => {
    const { username, password, ...members } = body
    return withValue(addUser(context, { ...camelCased(members), username, password }), async (user) =>
      ok({ ...userJson(user), ...(await sharersOf(context, user.email, user.username)) }),
    )
  },
  'user.show': (context, { params }) =>
    shown(users.showUser(context, params['username']!), (found) => ({
      ...userJson(found.user),
      ...waysInJson(found),
      groups: [...found.groups],
      live_sessions: found.sessions,
      live_grants: found.grants,
    })),
  'user.update': (context, { params, body }) =>
    withValue(
      change(context, params, (user) => users.updateUser(context, user, camelCased(body))),
      async (user) => ok({ ...user, ...(await sharersOf(context, body['email'], user.username)) }),
    ),
  'user.delete': (context, { params }) => nothing(onUser(context, params, (user) => users.deleteUser(context, user))),
  'user.change-role': (context, { params, body }) => change(context, params, (user) => changeRole(context, user, body.role)),
  'user.change-password': (context, { params, body: { password, end_grants: endGrants } }) =>
    nothing(onUser(context, params, (user) => changePassword(context, user, { password, endGrants }))),
  'user.reset-factors': (context, { params }) => nothing(onUser(context, params, (user) => resetFactors(context, user))),
  'user.disable': (context, { params }) => change(context, params, (user) => users.disableUser(context, user)),
  'user.enable': (context, { params }) => change(context, params, (user) => users.enableUser(context, user)),
  'user.unlock': (context, { params }) => change(context, params, (user) => users.unlockUser(context, user)),
  'user.unlink': (context, { params }) => nothing(onUser(context, params, (user) => unlinkUser(context, user, params['provider']!))),
  'link.reset-password': (context, { params, body }) => makeLinkFor(context, params, (user) => links.makeResetLink(context, user, body)),
  'link.factor': (context, { params, body }) => makeLinkFor(context, params, (user) => links.makeFactorLink(context, user, body)),
  'link.invite': (context, { body }) =>
    withValue(links.inviteUser(context, body), async (made) => ok({ ...madeLinkJson()(made), ...(await sharersOf(context, body.email)) })),
  'link.list': (context, { query: { limit, cursor } }) =>
    withValue(Promise.resolve(readKey(cursor)), (after) =>
      shown(links.listLinks(context, { limit: numberOf(limit), after }), (found) =>
        page(found.links.map(links.linkJson), found.more, found.next),
      ),
    ),
  'link.revoke': (context, { params }) => nothing(links.revokeLink(context, params['id']!)),
  'session.list': (context, { query: { user, limit, cursor } }) =>
    withValue(Promise.resolve(readKey(cursor)), (after) =>
      shown(listSessions(context, { user, limit: numberOf(limit), after }), ({ sessions, more, next }) =>
        page(sessions.map(sessionJson), more, next),
      ),
    ),
  'session.end': (context, { params }) => shown(endSession(context, params['id']!), (user) => ({ user })),
  'session.end-all': (context, { params }) => nothing(onUser(context, params, (user) => endUserSessions(context, user))),
  'grant.list': (context, { query: { user, client, limit, cursor } }) =>
    withValue(Promise.resolve(readKey(cursor)), (after) =>
      shown(listGrants(context, { user, client, limit: numberOf(limit), after }), ({ grants, more, next }) =>
        page(grants.map(grantJson), more, next),
      ),
    ),
  'grant.revoke': (context, { params }) => shown(revokeGrant(context, params['id']!), grantJson),
  'personal-token.list': (context, { query: { user, limit, cursor } }) =>
    withValue(Promise.resolve(readKey(cursor)), (after) =>
      shown(listPersonalTokens(context, { user, limit: numberOf(limit), after }), ({ tokens, more, next }) =>
        page(tokens.map(personalTokenJson), more, next),
      ),
    ),
  'personal-token.revoke': (context, { params }) =>
    shown(revokePersonalToken(context, params['id']!), ({ token, username }) => ({ name: token.name, user: username })),
  'group.list': (context) =>
    shown(groups.listGroups(context), (found) => page(found.map(({ group, members }) => ({ ...groups.groupJson(group), members })))),
  'group.add': (context, { body }) => shown(groups.addGroup(context, body), groups.groupJson),
  'group.show': (context, { params }) =>
    shown(groups.showGroup(context, params['name']!), ({ group, members, more }) => ({
      ...groups.groupJson(group),
      members: members.map(groups.memberJson),
      ...(more && { more }),
    })),
  'group.delete': (context, { params }) =>
    nothing(withValue(groups.findGroup(context, params['name']!), (group) => groups.deleteGroup(context, group))),
  'group.join': (context, { params }) => nothing(groups.joinGroup(context, params['name']!, params['username']!)),
  'group.leave': (context, { params }) =>
    shown(groups.leaveGroup(context, params['name']!, params['username']!), ({ still }) => ({ still })),
} satisfies Handlers<keyof typeof PEOPLE_ROUTES>
