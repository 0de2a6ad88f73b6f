/** The commands about initial access tokens: who may register clients. */
import type { CommandSpec } from '../command.ts'
import { JSON_OPTION, TOKEN_NAME } from './options.ts'

export const INITIAL_ACCESS_TOKEN_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'initial-access-token create': {
    summary: 'create a token that lets others register clients, within bounds',
    details: 'The token is shown only once. Each list is separated by commas; one that is left out bounds nothing.',
    arguments: [TOKEN_NAME],
    options: [
      { flags: '--expires <duration>', description: 'how long it is valid, such as 30d; without end if left out' },
      { flags: '--uses <number>', description: 'how many clients it registers; any number if left out' },
      { flags: '--redirect-hosts <hosts>', description: 'hosts that users may be sent back to, such as app.example.com' },
      { flags: '--redirect-kinds <kinds>', description: 'kinds of redirect URIs: https, loopback, custom' },
      { flags: '--scopes <scopes>', description: 'scopes that the clients may ask for' },
      { flags: '--auth-methods <methods>', description: 'how the clients may authenticate, such as none or client_secret_basic' },
      { flags: '--grant-types <types>', description: 'grant types that the clients may use' },
      JSON_OPTION,
    ],
    operations: ['initial-access-token.create'],
    run: async (call) => (await import('../clients/initial-access-tokens.ts')).createInitialAccessToken(call),
  },
  'initial-access-token list': {
    summary: 'list the initial access tokens by name',
    details: 'The tokens themselves are not shown: only their hashes are kept.',
    options: [JSON_OPTION],
    operations: ['initial-access-token.list'],
    run: async (call) => (await import('../clients/initial-access-tokens.ts')).listInitialAccessTokens(call),
  },
  'initial-access-token delete': {
    summary: 'end an initial access token; the clients that it registered stay',
    arguments: [TOKEN_NAME],
    operations: ['initial-access-token.delete'],
    run: async (call) => (await import('../clients/initial-access-tokens.ts')).deleteInitialAccessToken(call),
  },
}
