/** The commands about who may do what now: grants, sessions and links. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION, limit } from './options.ts'

const USER: OptionSpec = { flags: '--user <username>', description: 'only those of this user' }

export const GRANT_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'grant list': {
    summary: 'list which clients act for which users now',
    options: [USER, { flags: '--client <client-id>', description: 'only those of this client' }, limit(50, 1000), JSON_OPTION],
    operations: ['grant.list'],
    run: async (call) => (await import('../users/grants.ts')).listGrants(call),
  },
  'grant revoke': {
    summary: 'end what a client may do for a user, until the user allows it again',
    details:
      'Refreshing, UserInfo and introspection stop at once. Access tokens that are verified by their signature live until they expire.',
    arguments: [{ name: '<grant>', description: 'the id of the grant' }],
    operations: ['grant.revoke'],
    run: async (call) => (await import('../users/grants.ts')).revokeGrant(call),
  },
}

export const SESSION_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'session list': {
    summary: 'list the browsers in which users are logged in',
    options: [USER, limit(50, 1000), JSON_OPTION],
    operations: ['session.list'],
    run: async (call) => (await import('../users/sessions.ts')).listSessions(call),
  },
  'session end': {
    summary: 'log a browser out, or all browsers of a user',
    details:
      'As a logout: what OpenID clients without offline_access were allowed in the session ends, and clients that want to know are notified.',
    arguments: [{ name: '[session]', description: 'the id of the session' }],
    options: [{ flags: '--user <username>', description: 'all sessions of this user, instead of one' }],
    operations: ['session.end', 'session.end-all', 'user.find'],
    run: async (call) => (await import('../users/sessions.ts')).endSessions(call),
  },
}

export const LINK_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'link list': {
    summary: 'list the invitations and other one-use links that can still be used',
    options: [limit(50, 1000), JSON_OPTION],
    operations: ['link.list'],
    run: async (call) => (await import('../users/links.ts')).listLinks(call),
  },
  'link revoke': {
    summary: 'end a link that nobody has used',
    arguments: [{ name: '<link>', description: 'the id of the link, which is not the link itself' }],
    operations: ['link.revoke'],
    run: async (call) => (await import('../users/links.ts')).revokeLink(call),
  },
}
