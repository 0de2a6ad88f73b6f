/** The commands about groups of users. */
import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { JSON_OPTION, USERNAME, YES } from './options.ts'

const GROUP: ArgumentSpec = { name: '<group>', description: 'the name of the group' }

export const GROUP_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'group add': {
    summary: 'add a group, which users can be in',
    details: 'Its name is what access rules and tokens say; it never changes.',
    arguments: [GROUP],
    options: [{ flags: '--description <text>', description: 'what the group is for' }],
    operations: ['group.add'],
    run: async (call) => (await import('../access/groups.ts')).addGroup(call),
  },
  'group list': {
    summary: 'list the groups',
    options: [JSON_OPTION],
    operations: ['group.list'],
    run: async (call) => (await import('../access/groups.ts')).listGroups(call),
  },
  'group show': {
    summary: 'show who is in a group, and why',
    arguments: [GROUP],
    options: [JSON_OPTION],
    operations: ['group.show'],
    run: async (call) => (await import('../access/groups.ts')).showGroup(call),
  },
  'group join': {
    summary: 'put a user into a group',
    details: 'What that allows counts at once, and in access tokens from the next refresh.',
    arguments: [GROUP, USERNAME],
    operations: ['group.join'],
    run: async (call) => (await import('../access/groups.ts')).joinGroup(call),
  },
  'group leave': {
    summary: 'take a user out of a group',
    details: 'Only what an operator did is undone: what a provider or an admission rule says stays.',
    arguments: [GROUP, USERNAME],
    operations: ['group.leave'],
    run: async (call) => (await import('../access/groups.ts')).leaveGroup(call),
  },
  'group delete': {
    summary: 'delete a group; its users stay',
    arguments: [GROUP],
    options: [YES],
    operations: ['group.show', 'group.delete'],
    run: async (call) => (await import('../access/groups.ts')).deleteGroup(call),
  },
}
