/** Handlers of routes about people and their groups, and what belongs to somebody. */
import { ok } from '../../../domain/protocol/result.ts'
import * as groups from '../../../operations/access/groups.ts'
import type { OperationContext } from '../../../operations/context.ts'
import { grantJson, listGrants, revokeGrant } from '../../../operations/grants.ts'
import type { Outcome } from '../../../operations/outcome.ts'
import { endSession, endUserSessions, listSessions, sessionJson } from '../../../operations/sessions.ts'
import { resetFactors } from '../../../operations/users/factors.ts'
import { unlinkUser } from '../../../operations/users/identities.ts'
import * as links from '../../../operations/users/links.ts'
import type { MadeLink } from '../../../operations/users/links.ts'
import { listPersonalTokens, personalTokenJson, revokePersonalToken } from '../../../operations/users/personal-tokens.ts'
import { changeRole } from '../../../operations/users/roles.ts'
import { addUser, changePassword } from '../../../operations/users/user-credentials.ts'
import { userJson } from '../../../operations/users/user-json.ts'
import * as users from '../../../operations/users/users.ts'
import type { User } from '../../../domain/user/user.ts'
import type { PEOPLE_ROUTES } from '../../../schemas/management/people.ts'
import { camelCased, nothing, numberOf, page, readCursor, shown, withValue } from './handler.ts'
import type { Handlers } from './handler.ts'

type Params = Readonly<Record<string, string>>

const onUser = <R>(context: OperationContext, { username }: Params, work: (user: User) => Promise<Outcome<R>>): Promise<Outcome<R>> =>
  withValue(users.findUser(context, username!), work)

/** Changes a user, and shows who it is now. */
const change = (context: OperationContext, params: Params, work: (user: User) => Promise<Outcome<unknown>>): Promise<Outcome<unknown>> =>
  onUser(context, params, (user) => withValue(work(user), () => shown(users.findUser(context, user.username), userJson)))

/** The link is answered once, unless it went by mail. */
const linkJson = ({ link, url, mail }: MadeLink) => ({
  ...links.linkJson({ link, username: undefined }),
  ...(mail !== undefined && mail.problem === undefined ? { mailed_to: mail.to } : { url }),
})

const LIMIT = 50

export const PEOPLE_HANDLERS: Handlers<keyof typeof PEOPLE_ROUTES> = {
  'user.list': (context, { query }) =>
    withValue(Promise.resolve(readCursor(query.cursor)), async (after) => {
      const limit = numberOf(query.limit) ?? LIMIT
      const found = await context.storage.users.listFrom({ after, prefix: query.prefix, limit: limit + 1 })
      return ok(page(found.slice(0, limit).map(userJson), found.length > limit, found[limit - 1]?.username))
    }),
  'user.add': (context, { body }) => {
    const { username, password, ...members } = body
    return shown(addUser(context, { ...camelCased(members), username, password }), userJson)
  },
  'user.show': (context, { params }) =>
    shown(users.showUser(context, params['username']!), ({ user, groups: of, grants, sessions }) => ({
      ...userJson(user),
      groups: of,
      live_sessions: sessions,
      live_grants: grants,
    })),
  'user.update': (context, { params, body }) => change(context, params, (user) => users.updateUser(context, user, camelCased(body))),
  'user.delete': (context, { params }) => nothing(onUser(context, params, (user) => users.deleteUser(context, user))),
  'user.change-role': (context, { params, body }) => change(context, params, (user) => changeRole(context, user, body.role)),
  'user.change-password': (context, { params, body: { password, end_grants: endGrants } }) =>
    nothing(onUser(context, params, (user) => changePassword(context, user, { password, endGrants }))),
  'user.reset-factors': (context, { params }) => nothing(onUser(context, params, (user) => resetFactors(context, user))),
  'user.disable': (context, { params }) => change(context, params, (user) => users.disableUser(context, user)),
  'user.enable': (context, { params }) => change(context, params, (user) => users.enableUser(context, user)),
  'user.unlock': (context, { params }) => change(context, params, (user) => users.unlockUser(context, user)),
  'user.unlink': (context, { params }) => nothing(onUser(context, params, (user) => unlinkUser(context, user, params['provider']!))),
  'link.reset-password': (context, { params, body }) =>
    shown(
      onUser(context, params, (user) => links.makeResetLink(context, user, body)),
      linkJson,
    ),
  'link.factor': (context, { params, body }) =>
    shown(
      onUser(context, params, (user) => links.makeFactorLink(context, user, body)),
      linkJson,
    ),
  'link.invite': (context, { body }) => shown(links.inviteUser(context, body), linkJson),
  'link.list': (context, { query }) =>
    shown(links.listLinks(context, { limit: numberOf(query.limit) }), (found) => page(found.links.map(links.linkJson), found.more)),
  'link.revoke': (context, { params }) => nothing(links.revokeLink(context, params['id']!)),
  'session.list': (context, { query }) =>
    shown(listSessions(context, { user: query.user, limit: numberOf(query.limit) }), ({ sessions, more }) =>
      page(sessions.map(sessionJson), more),
    ),
  'session.end': (context, { params }) => nothing(endSession(context, params['id']!)),
  'session.end-all': (context, { params }) => nothing(onUser(context, params, (user) => endUserSessions(context, user))),
  'grant.list': (context, { query: { user, client, limit } }) =>
    shown(listGrants(context, { user, client, limit: numberOf(limit) }), ({ grants, more }) => page(grants.map(grantJson), more)),
  'grant.revoke': (context, { params }) => nothing(revokeGrant(context, params['id']!)),
  'personal-token.list': (context, { query }) =>
    shown(listPersonalTokens(context, { user: query.user, limit: numberOf(query.limit) }), ({ tokens, more }) =>
      page(tokens.map(personalTokenJson), more),
    ),
  'personal-token.revoke': (context, { params }) => nothing(revokePersonalToken(context, params['id']!)),
  'group.list': (context) =>
    shown(groups.listGroups(context), (found) => page(found.map(({ group, members }) => ({ ...groups.groupJson(group), members })))),
  'group.add': (context, { body }) => shown(groups.addGroup(context, body), groups.groupJson),
  'group.show': (context, { params }) =>
    shown(groups.showGroup(context, params['name']!), ({ group, members }) => ({
      ...groups.groupJson(group),
      members: members.map(groups.memberJson),
    })),
  'group.delete': (context, { params }) =>
    nothing(withValue(groups.findGroup(context, params['name']!), (group) => groups.deleteGroup(context, group))),
  'group.join': (context, { params }) => nothing(groups.joinGroup(context, params['name']!, params['username']!)),
  'group.leave': (context, { params }) =>
    shown(groups.leaveGroup(context, params['name']!, params['username']!), ({ still }) => ({ still })),
}
