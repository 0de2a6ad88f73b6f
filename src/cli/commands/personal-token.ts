/** The commands about personal access tokens: what users make for their own scripts. */
import type { CommandSpec } from '../command.ts'
import { JSON_OPTION, TOKEN_NAME, USERNAME, limit } from './options.ts'

export const PERSONAL_TOKEN_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'personal-token create': {
    summary: 'create an access token for the script of a user',
    details: 'For one MCP server. The token is shown only once. Users make their own on the account page.',
    arguments: [USERNAME, TOKEN_NAME],
    options: [
      { flags: '--resource <url>', description: 'the address of the MCP server that it is for, or its id' },
      { flags: '--scopes <scopes>', description: 'what it may do there, separated by commas' },
      { flags: '--expires <duration>', description: 'how long it is valid, such as 30d; 90d if left out' },
      JSON_OPTION,
    ],
    here: true,
    operations: ['user.find', 'resource.find', 'personal-token.create'],
    run: async (call) => (await import('../users/personal-tokens.ts')).createPersonalToken(call),
  },
  'personal-token list': {
    summary: 'list the personal access tokens that are valid',
    details: 'The tokens themselves are not shown: only their hashes are kept.',
    options: [{ flags: '--user <username>', description: 'only those of this user' }, limit(50, 1000), JSON_OPTION],
    operations: ['personal-token.list'],
    run: async (call) => (await import('../users/personal-tokens.ts')).listPersonalTokens(call),
  },
  'personal-token revoke': {
    summary: 'end a personal access token',
    details: 'It is refused at once. A JWT that it was exchanged for lives until it expires, five minutes at most.',
    arguments: [{ name: '<token>', description: 'the id of the token' }],
    operations: ['personal-token.revoke'],
    run: async (call) => (await import('../users/personal-tokens.ts')).revokePersonalToken(call),
  },
}
