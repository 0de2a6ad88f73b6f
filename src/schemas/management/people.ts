/** Routes about people and their groups, and what belongs to somebody. */
import { Type } from '@sinclair/typebox'
import { Grant, Group, Link, PersonalToken, Session, User } from './records.ts'
import { Flag, Paged, Text, Texts, closed, pageOf, open } from './route.ts'
import type { ManagementRoute } from './route.ts'

const maybe = Type.Optional
/** Named as the members of `user update`; an empty text removes one. */
const MEMBERS = Object.fromEntries(
  (
    'email name given_name family_name middle_name nickname profile picture website gender birthdate zoneinfo locale phone address street ' +
    'locality region postal_code country'
  )
    .split(' ')
    .map((member) => [member, maybe(Text)]),
)
const ofUser = closed({ user: maybe(Text), ...Paged })

export const PEOPLE_ROUTES = {
  'user.list': {
    method: 'GET',
    path: '/users',
    summary: 'List users by name',
    query: closed({ prefix: maybe(Text), ...Paged }),
    answer: pageOf(User),
  },
  'user.add': {
    method: 'POST',
    path: '/users',
    summary: 'Add a user; one without a password sets up a passkey by a factor link',
    body: closed({ username: Text, password: maybe(Text), ...MEMBERS }),
    answer: User,
    creates: true,
  },
  'user.show': { method: 'GET', path: '/users/:username', summary: 'Show a user', answer: User },
  'user.update': {
    method: 'PATCH',
    path: '/users/:username',
    summary: 'Change what clients learn about a user, and end the sessions',
    body: closed(MEMBERS),
    answer: User,
  },
  'user.delete': { method: 'DELETE', path: '/users/:username', summary: 'Delete a user, with everything that clients were allowed' },
  'user.change-role': {
    method: 'PUT',
    path: '/users/:username/role',
    summary: 'Give a user a role, or take it',
    body: closed({ role: Text }),
    answer: User,
  },
  'user.change-password': {
    method: 'PUT',
    path: '/users/:username/password',
    summary: 'Set a new password, and end the sessions',
    body: closed({ password: Text, end_grants: maybe(Flag) }),
  },
  'user.reset-factors': { method: 'DELETE', path: '/users/:username/factors', summary: 'Delete the passkeys and codes of a user' },
  'user.disable': {
    method: 'POST',
    path: '/users/:username/disable',
    summary: 'End all access of a user, and keep the account',
    answer: User,
  },
  'user.enable': { method: 'POST', path: '/users/:username/enable', summary: 'Let a disabled user log in again', answer: User },
  'user.unlock': { method: 'POST', path: '/users/:username/unlock', summary: 'Let a user try to log in again at once', answer: User },
  'user.unlink': { method: 'DELETE', path: '/users/:username/identities/:provider', summary: 'Take the account at a provider from a user' },
  'link.reset-password': {
    method: 'POST',
    path: '/users/:username/reset-links',
    summary: 'Make a link with which a user sets a new password',
    body: closed({ print: maybe(Flag) }),
    answer: Link,
    creates: true,
  },
  'link.factor': {
    method: 'POST',
    path: '/users/:username/factor-links',
    summary: 'Make a link with which a user sets up a second factor',
    body: closed({ print: maybe(Flag) }),
    answer: Link,
    creates: true,
  },
  'link.invite': {
    method: 'POST',
    path: '/invitations',
    summary: 'Make a link with which somebody makes an account',
    body: closed({ email: maybe(Text), group: maybe(Text), language: maybe(Text), print: maybe(Flag) }),
    answer: Link,
    creates: true,
  },
  'link.list': {
    method: 'GET',
    path: '/links',
    summary: 'List links that can still be used',
    query: closed(Paged),
    answer: pageOf(Link),
  },
  'link.revoke': { method: 'DELETE', path: '/links/:id', summary: 'End a link' },
  'session.list': { method: 'GET', path: '/sessions', summary: 'List live sessions', query: ofUser, answer: pageOf(Session) },
  'session.end': { method: 'DELETE', path: '/sessions/:id', summary: 'End a session', answer: open({ user: Text }) },
  'session.end-all': { method: 'DELETE', path: '/users/:username/sessions', summary: 'End all sessions of a user' },
  'grant.list': {
    method: 'GET',
    path: '/grants',
    summary: 'List which clients act for which users',
    query: closed({ user: maybe(Text), client: maybe(Text), ...Paged }),
    answer: pageOf(Grant),
  },
  'grant.revoke': { method: 'DELETE', path: '/grants/:id', summary: 'End a grant with its tokens', answer: Grant },
  'personal-token.list': {
    method: 'GET',
    path: '/personal-tokens',
    summary: 'List personal access tokens',
    query: ofUser,
    answer: pageOf(PersonalToken),
  },
  'personal-token.revoke': {
    method: 'DELETE',
    path: '/personal-tokens/:id',
    summary: 'End a personal access token',
    answer: open({ name: Text, user: Text }),
  },
  'group.list': { method: 'GET', path: '/groups', summary: 'List groups', answer: pageOf(Group) },
  'group.add': {
    method: 'POST',
    path: '/groups',
    summary: 'Add a group',
    body: closed({ name: Text, description: maybe(Text) }),
    answer: Group,
    creates: true,
  },
  'group.show': { method: 'GET', path: '/groups/:name', summary: 'Show a group and who is in it', answer: Group },
  'group.delete': { method: 'DELETE', path: '/groups/:name', summary: 'Delete a group that no rule names' },
  'group.join': { method: 'PUT', path: '/groups/:name/members/:username', summary: 'Put a user into a group' },
  'group.leave': {
    method: 'DELETE',
    path: '/groups/:name/members/:username',
    summary: 'Take a user out of a group',
    answer: closed({ still: Texts }),
  },
} as const satisfies Readonly<Record<string, ManagementRoute>>
