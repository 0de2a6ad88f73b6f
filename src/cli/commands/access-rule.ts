/** The commands about who may use which MCP server. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION, RESOURCE, USERNAME } from './options.ts'

/** src/operations/access/rule-members.ts parses what they say. */
const CONCERNS: readonly OptionSpec[] = [
  { flags: '--group <group>', description: 'the rule concerns the users of this group' },
  { flags: '--user <username>', description: 'the rule concerns this user' },
  { flags: '--everybody', description: 'the rule concerns everybody' },
  { flags: '--scope <scope>', description: 'only this scope of the MCP server; all of it if left out', repeatable: true },
  { flags: '--client <client-id>', description: 'only by this client', repeatable: true },
  { flags: '--client-host <host>', description: 'only by clients that this host publishes (metadata documents)', repeatable: true },
  { flags: '--verified-clients', description: 'only by clients that any host publishes' },
]
const ACR: OptionSpec = { flags: '--acr <value>', description: 'only after a login of at least this strength, as a value of acr' }

export const ACCESS_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'access allow': {
    summary: 'allow users of an MCP server, which closes it to all others',
    details:
      'What several rules allow adds up, and what one denies is denied. It counts within 5 seconds; a JWT that a client holds stays valid until it expires.',
    arguments: [RESOURCE],
    options: [...CONCERNS, ACR, JSON_OPTION],
    operations: ['access-rule.add'],
    run: async (call) => (await import('../access/rules.ts')).allow(call),
  },
  'access deny': {
    summary: 'deny an MCP server, or some scopes of it, to users',
    details: 'It wins over everything that is allowed. To all others, the MCP server stays as open as it is.',
    arguments: [RESOURCE],
    options: [...CONCERNS, JSON_OPTION],
    operations: ['access-rule.add'],
    run: async (call) => (await import('../access/rules.ts')).deny(call),
  },
  'access list': {
    summary: 'list the access rules',
    options: [{ flags: '--resource <resource>', description: 'only those about this MCP server' }, JSON_OPTION],
    operations: ['access-rule.list'],
    run: async (call) => (await import('../access/rules.ts')).listRules(call),
  },
  'access delete': {
    summary: 'delete an access rule',
    arguments: [{ name: '<rule>', description: 'the id of the rule' }],
    operations: ['access-rule.delete'],
    run: async (call) => (await import('../access/rules.ts')).deleteRule(call),
  },
  'access explain': {
    summary: 'say what a user may do at an MCP server, and which rule decides it',
    arguments: [USERNAME, RESOURCE],
    options: [
      { flags: '--client <client-id>', description: 'by this client; without it, rules about certain clients do not count' },
      { flags: '--tool <name>', description: 'only about this tool' },
      JSON_OPTION,
    ],
    operations: ['access-rule.explain'],
    run: async (call) => (await import('../access/explain.ts')).explainAccess(call),
  },
}
