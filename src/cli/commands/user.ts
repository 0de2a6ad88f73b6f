/** The commands about users: the people who log in. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION, PASSWORD_STDIN, USERNAME, YES } from './options.ts'

const PRINT: OptionSpec = { flags: '--print', description: 'print the link, although the server sends mails' }

/** What clients may learn about a user (OpenID Connect Core section 5.1). src/domain/user/user-members.ts parses them. */
const MEMBERS: readonly OptionSpec[] = [
  { flags: '--email <address>', description: 'e-mail address; it counts as verified' },
  { flags: '--name <text>', description: 'full name' },
  { flags: '--given-name <text>', description: 'given name' },
  { flags: '--family-name <text>', description: 'family name' },
  { flags: '--middle-name <text>', description: 'middle name' },
  { flags: '--nickname <text>', description: 'nickname' },
  { flags: '--profile <url>', description: 'address of a page about the user' },
  { flags: '--picture <url>', description: 'address of a picture of the user' },
  { flags: '--website <url>', description: "address of the user's own site" },
  { flags: '--gender <text>', description: 'gender, in any words' },
  { flags: '--birthdate <date>', description: 'date of birth: 1984-02-29, only the year 1984, or without it 0000-02-29' },
  { flags: '--zoneinfo <zone>', description: 'time zone, such as Asia/Seoul' },
  { flags: '--locale <tag>', description: 'language and country, such as ko-KR' },
  { flags: '--phone <number>', description: 'phone number, such as "+82 2 123 4567"; it counts as verified' },
  { flags: '--address <text>', description: 'the whole postal address, as on an envelope' },
  { flags: '--street <text>', description: 'street and number' },
  { flags: '--locality <text>', description: 'city or town' },
  { flags: '--region <text>', description: 'state, province or region' },
  { flags: '--postal-code <code>', description: 'postal code' },
  { flags: '--country <text>', description: 'country, such as KR' },
]

export const USER_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'user add': {
    summary: 'add a user, who can log in',
    details:
      'Asks for the password. It is never an argument: other programs on this machine could see it there. With --passkey-link, there is no ' +
      'password: the link leads to a page on which the user sets up a passkey, once, within 24 hours.',
    arguments: [USERNAME],
    options: [
      PASSWORD_STDIN,
      { flags: '--passkey-link', description: 'no password, but a link with which the user sets up a passkey' },
      PRINT,
      ...MEMBERS,
    ],
    operations: ['user.check-new', 'user.add', 'link.factor', 'user.find-sharers'],
    run: async (call) => (await import('../users/user-credentials.ts')).addUser(call),
  },
  'user invite': {
    summary: 'make a link with which somebody makes an account of their own',
    details:
      'The link goes to the address by mail, if the server sends mails (SMTP_URL); else it is shown once. It can be used once, within 72 hours. ' +
      'Anybody who has it can use it.',
    options: [
      { flags: '--email <address>', description: 'whom it is for: the account gets this e-mail address, as verified' },
      { flags: '--group <name>', description: 'a group that the user joins' },
      { flags: '--language <tag>', description: 'the language of the mail, such as ko; English if left out' },
      PRINT,
      JSON_OPTION,
    ],
    operations: ['link.invite', 'user.find-sharers'],
    run: async (call) => (await import('../users/links.ts')).inviteUser(call),
  },
  'user list': {
    summary: 'list the users',
    options: [JSON_OPTION],
    operations: ['user.list'],
    run: async (call) => (await import('../users/users.ts')).listUsers(call),
  },
  'user show': {
    summary: 'show all that is known of a user, as they see it on their own page',
    details: 'With the apps, sessions and personal access tokens of the user, and what happened to the account: the newest 20 of each.',
    arguments: [USERNAME],
    options: [JSON_OPTION],
    operations: ['user.show', 'grant.list', 'session.list', 'personal-token.list', 'event.list'],
    run: async (call) => (await import('../users/show-user.ts')).showUser(call),
  },
  'user update': {
    summary: 'change what clients learn about a user',
    details: 'Changes what you name, and ends the sessions of the user. An empty value, as in --email "", removes what is there.',
    arguments: [USERNAME],
    options: MEMBERS,
    operations: ['user.find', 'user.update', 'user.find-sharers'],
    run: async (call) => (await import('../users/users.ts')).updateUser(call),
  },
  'user role': {
    summary: 'say whether a user may manage this server',
    details:
      'A viewer sees everything but secrets, an operator changes what an owner does not reserve, and an owner also says who has which role. ' +
      'The administrator of the settings is owner. Ends the sessions of the user, and what they managed the server with.',
    arguments: [USERNAME, { name: '<role>', description: 'viewer, operator, owner, or none' }],
    operations: ['user.find', 'user.change-role'],
    run: async (call) => (await import('../users/users.ts')).changeRole(call),
  },
  'user passwd': {
    summary: 'set a new password, and end the sessions of the user',
    arguments: [USERNAME],
    options: [
      PASSWORD_STDIN,
      { flags: '--end-grants', description: 'end what clients were allowed, too: for a password that somebody else knew' },
    ],
    operations: ['user.find', 'user.change-password'],
    run: async (call) => (await import('../users/user-credentials.ts')).changePassword(call),
  },
  'user reset-factors': {
    summary: 'delete the passkeys and codes of a user who lost them',
    details:
      'Ends the sessions of the user. Make sure that it is the user who asks: afterwards the password alone is enough to log in, unless SECOND_FACTOR demands more.',
    arguments: [USERNAME],
    options: [YES],
    operations: ['user.find', 'user.reset-factors'],
    run: async (call) => (await import('../users/factors.ts')).resetFactors(call),
  },
  'user reset-password': {
    summary: 'make a link with which a user sets a new password',
    details:
      'The link goes to the address of the user by mail, if the server sends mails (SMTP_URL); else it is shown once. ' +
      'It can be used once, within 30 minutes; then all sessions of the user end. Until then, the present password counts.',
    arguments: [USERNAME],
    options: [PRINT, JSON_OPTION],
    operations: ['user.find', 'link.reset-password'],
    run: async (call) => (await import('../users/links.ts')).makeResetLink(call),
  },
  'user factor-link': {
    summary: 'make a link with which a user sets up a second factor',
    details:
      'For somebody who must have one (SECOND_FACTOR), and whose password alone is not enough any more to set it up. The link goes to the ' +
      'address of the user by mail, if the server sends mails (SMTP_URL); else it is shown once. It can be used once, within 24 hours, and ' +
      'asks for the password as well. A user who has no password sets up a passkey with the link alone.',
    arguments: [USERNAME],
    options: [PRINT, JSON_OPTION],
    operations: ['user.find', 'link.factor'],
    run: async (call) => (await import('../users/factors.ts')).makeFactorLink(call),
  },
  'user disable': {
    summary: 'end all access of a user, and keep the account',
    arguments: [USERNAME],
    operations: ['user.find', 'user.disable'],
    run: async (call) => (await import('../users/users.ts')).disableUser(call),
  },
  'user enable': {
    summary: 'let a disabled user log in again',
    arguments: [USERNAME],
    operations: ['user.find', 'user.enable'],
    run: async (call) => (await import('../users/users.ts')).enableUser(call),
  },
  'user unlock': {
    summary: 'let a user try to log in again at once, after too many failed attempts',
    details:
      'Forgets the failed attempts at the account, and in which browsers the user has logged in before: until the next login there, attempts ' +
      'in them count like those of strangers. Sessions stay. The limit of an address (RATE_LIMIT_LOGIN) stays, too.',
    arguments: [USERNAME],
    operations: ['user.find', 'user.unlock'],
    run: async (call) => (await import('../users/users.ts')).unlockUser(call),
  },
  'user unlink': {
    summary: 'take the account at an identity provider from a user',
    details: 'Ends the sessions and grants that came of it. The user can still log in otherwise.',
    arguments: [USERNAME, { name: '<provider>', description: 'the name of the provider' }],
    operations: ['user.find', 'user.unlink'],
    run: async (call) => (await import('../users/identities.ts')).unlinkUser(call),
  },
  'user delete': {
    summary: 'delete a user, with everything that clients were allowed',
    arguments: [USERNAME],
    options: [YES],
    operations: ['user.find', 'user.delete'],
    run: async (call) => (await import('../users/users.ts')).deleteUser(call),
  },
}
