/** The commands about people. */
import type { Command } from './command.ts'
import { PERSON_OPTIONS, PERSON_USAGE } from './person-usage.ts'

const password = { 'password-stdin': { type: 'boolean' } } as const

export const USER_COMMANDS: Readonly<Record<string, Command>> = {
  'user add': {
    usage: `NAME [--password-stdin] ${PERSON_USAGE}`,
    summary: 'adds a person who can log in; asks for the password, or reads it from standard input',
    options: { ...PERSON_OPTIONS, ...password },
    words: [1, 1],
    run: async (call) => (await import('./add-user.ts')).addUser(call),
  },
  'user list': {
    usage: '[--json]',
    summary: 'shows who can log in',
    options: { json: { type: 'boolean' } },
    words: [0, 0],
    run: async (call) => (await import('./list-users.ts')).listUsers(call),
  },
  'user update': {
    usage: `NAME ${PERSON_USAGE}`,
    summary: 'changes what is named, and ends the sessions of that person; an empty value takes away what is there',
    options: PERSON_OPTIONS,
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).updateUser(call),
  },
  'user passwd': {
    usage: 'NAME [--password-stdin]',
    summary: 'sets a new password and ends the sessions of that person',
    options: password,
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).changePassword(call),
  },
  'user disable': {
    usage: 'NAME',
    summary: 'ends all access of a person, and keeps the account',
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).disableUser(call),
  },
  'user enable': {
    usage: 'NAME',
    summary: 'lets a disabled person log in again',
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).enableUser(call),
  },
  'user delete': {
    usage: 'NAME [--yes]',
    summary: 'deletes a person with all that apps were allowed; asks first, unless --yes',
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).deleteUser(call),
  },
}
