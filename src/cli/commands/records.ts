/** The commands about what the server keeps for itself: signing keys and the audit log. */
import type { CommandSpec } from '../command.ts'
import { JSON_OPTION, YES, limit } from './options.ts'

export const KEY_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'keys list': {
    summary: 'list the signing keys, and which of them sign',
    options: [JSON_OPTION],
    operations: ['key.list'],
    run: async (call) => (await import('../keys.ts')).listKeys(call),
  },
  'keys rotate': {
    summary: 'make the next signing keys',
    details: 'A running server publishes them within a minute, and signs with them an hour later.',
    options: [JSON_OPTION],
    operations: ['key.rotate'],
    run: async (call) => (await import('../keys.ts')).rotateKeys(call),
  },
  'keys revoke': {
    summary: 'end a signing key at once, with everything that it signed',
    arguments: [{ name: '<kid>', description: 'the id of the key' }],
    options: [YES],
    operations: ['key.find-revocable', 'key.revoke'],
    run: async (call) => (await import('../keys.ts')).revokeKey(call),
  },
  'keys reset': {
    summary: 'delete all keys, because the secret that opens them is lost',
    details:
      'For when the server refuses to start. Access tokens that were issued before become invalid; clients refresh. Clients with pairwise ' +
      'subjects take every user for a new one. Refused while a server runs, and if SECRET opens the keys.',
    options: [YES],
    here: true,
    operations: ['key.check-lost', 'key.reset'],
    run: async (call) => (await import('../keys.ts')).resetKeys(call),
  },
}

export const AUDIT_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'audit list': {
    summary: 'list who changed what, and what was refused, the newest first',
    options: [
      { flags: '--follow', description: 'show new events as they come, a line for each, until Ctrl-C' },
      { flags: '--client <client-id>', description: 'only events of this client' },
      { flags: '--user <username>', description: 'only events of the account of this user' },
      { flags: '--since <time>', description: 'only events since then: a duration such as 7d, or a date such as 2026-11-23' },
      limit(50, 10_000),
      JSON_OPTION,
    ],
    operations: ['event.list', 'event.follow'],
    run: async (call) => (await import('../audit.ts')).listEvents(call),
  },
  'audit export': {
    summary: 'print all events as lines of JSON, the oldest first',
    options: [
      { flags: '--client <client-id>', description: 'only events of this client' },
      { flags: '--user <username>', description: 'only events of the account of this user' },
      { flags: '--since <time>', description: 'only events since then: a duration such as 7d, or a date such as 2026-11-23' },
    ],
    operations: ['event.export'],
    run: async (call) => (await import('../audit.ts')).exportEvents(call),
  },
}
